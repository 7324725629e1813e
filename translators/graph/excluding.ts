import type { Node, Place } from './node.ts';
import type { Dependent, Provenance } from './table.ts';
import { Table } from './table.ts';
import type { Step } from './watchers.ts';

interface Parts<T> {
  readonly from: Table<T>;
  readonly taken: Table<unknown>;
}

/** The members of a collection whose key another one does not have. What a derivation could do as well, without a record for each member. */
export class Excluding<T> implements Node, Provenance {
  readonly unfinished = false;
  readonly output: Table<T>;
  readonly #place: Place;
  readonly #parts: Parts<T>;
  readonly #dirty = new Set<string>();

  constructor(place: Place, parts: Parts<T>) {
    this.#place = place;
    this.#parts = parts;
    this.output = new Table(place, Object.is);
    this.output.provenance = this;
    const dependent: Dependent<unknown> = { changed: (key) => void this.#dirty.add(key) };
    parts.from.feed(dependent);
    parts.taken.feed(dependent);
  }

  get dirty(): boolean {
    return this.#dirty.size > 0;
  }

  /** In key order, so that what is built on it grows in key order too. */
  work(): number {
    const keys = [...this.#dirty].sort();
    this.#dirty.clear();
    for (const key of keys) {
      this.#place.contained.counter.runs++;
      this.output.write(key, this.#parts.taken.has(key) ? undefined : this.#parts.from.get(key));
    }
    return keys.length;
  }

  behind(key: string): readonly Step[] {
    if (!this.output.has(key)) return [];
    return [this.#parts.from, this.#parts.taken].map(({ name }) => ({ collection: name, key }));
  }
}
