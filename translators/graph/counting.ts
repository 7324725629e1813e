import { distinct } from './distinct.ts';
import { allOf, type Few, few } from './few.ts';
import type { Node, Place } from './node.ts';
import type { Dependent, Provenance } from './table.ts';
import { Table } from './table.ts';
import type { Step } from './watchers.ts';

interface Parts<T> {
  readonly from: Table<T>;
  readonly by: (value: T, key: string) => readonly string[];
}

/** How many members each key has; a key without members is absent. A member that `by` fails on counts where it counted last, or nowhere. */
export class Counting<T> implements Node, Dependent<T>, Provenance {
  readonly unfinished = false;
  readonly output: Table<number>;
  readonly #place: Place;
  readonly #parts: Parts<T>;
  readonly #counted = new Map<string, Few<string>>();
  #dirty = new Map<string, T | undefined>();

  constructor(place: Place, parts: Parts<T>) {
    this.#place = place;
    this.#parts = parts;
    this.output = new Table(place, Object.is);
    this.output.provenance = this;
    parts.from.feed(this);
  }

  get dirty(): boolean {
    return this.#dirty.size > 0;
  }

  changed(key: string, _previous: T | undefined, next: T | undefined): void {
    this.#dirty.set(key, next);
  }

  work(): number {
    const dirty = this.#dirty;
    this.#dirty = new Map();
    const moves = new Map<string, number>();
    for (const [key, value] of dirty) this.#recount(key, value, moves);
    for (const [name, move] of moves) this.output.write(name, (this.output.get(name) ?? 0) + move || undefined);
    return dirty.size;
  }

  /** Walks all members; counting itself remembers no names. */
  behind(name: string): readonly Step[] {
    const keys = [...this.#counted].filter(([, names]) => allOf(names).includes(name)).map(([key]) => key);
    return keys.sort().map((key) => ({ collection: this.#parts.from.name, key }));
  }

  #recount(key: string, value: T | undefined, moves: Map<string, number>): void {
    const before = allOf(this.#counted.get(key) ?? []);
    const after = value === undefined ? this.#leave(key) : this.#count(key, value, before);
    if (after === before) return;
    for (const name of before) moves.set(name, (moves.get(name) ?? 0) - 1);
    for (const name of after) moves.set(name, (moves.get(name) ?? 0) + 1);
  }

  #leave(key: string): readonly string[] {
    this.#counted.delete(key);
    this.#place.contained.lift(key);
    return [];
  }

  #count(key: string, value: T, before: readonly string[]): readonly string[] {
    this.#place.contained.counter.runs++;
    try {
      const after = distinct(this.#parts.by(value, key));
      this.#counted.set(key, few(after));
      this.#place.contained.lift(key);
      return after;
    } catch (error) {
      this.#place.contained.fail(key, error, before.length > 0);
      return before;
    }
  }
}
