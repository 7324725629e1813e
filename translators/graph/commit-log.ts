import type { Change } from './collection.ts';
import type { Dependent, Table } from './table.ts';

/** Collects what changes in a table during a settle, for one listener. */
export class CommitLog<T> implements Dependent<T> {
  readonly #table: Table<T>;
  readonly #listener: (changes: readonly Change<T>[]) => void;
  readonly #unfollow: () => void;
  #previous = new Map<string, T | undefined>();
  #changes: readonly Change<T>[] = [];
  #closed = false;

  constructor(table: Table<T>, listener: (changes: readonly Change<T>[]) => void) {
    this.#table = table;
    this.#listener = listener;
    this.#unfollow = table.follow(this);
  }

  changed(key: string, previous: T | undefined): void {
    if (!this.#previous.has(key)) this.#previous.set(key, previous);
  }

  /** Fixes what changed in this settle. All logs do so before the first listener is called. */
  seal(): void {
    const previous = this.#previous;
    this.#previous = new Map();
    const changes: Change<T>[] = [];
    for (const key of [...previous.keys()].sort()) {
      const change = { key, previous: previous.get(key), next: this.#table.get(key) };
      if (!this.#table.same(change.previous, change.next)) changes.push(change);
    }
    this.#changes = changes;
  }

  deliver(): void {
    const changes = this.#changes;
    this.#changes = [];
    if (changes.length > 0 && !this.#closed) this.#listener(changes);
  }

  close(): void {
    this.#closed = true;
    this.#unfollow();
  }
}
