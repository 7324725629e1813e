import type { Node, Place } from './node.ts';
import type { Dependent, Provenance } from './table.ts';
import { Table } from './table.ts';
import type { Step } from './watchers.ts';

/** Several collections as one. Their keys must be disjoint; where they are not, the collection named first has the key and the fault says so. */
export class Joining<T> implements Node, Dependent<T>, Provenance {
  readonly unfinished = false;
  readonly output: Table<T>;
  readonly #place: Place;
  readonly #from: readonly Table<T>[];
  readonly #dirty = new Set<string>();

  constructor(place: Place, from: readonly Table<T>[]) {
    this.#place = place;
    this.#from = from;
    this.output = new Table(place, Object.is);
    this.output.provenance = this;
    for (const table of from) table.feed(this);
  }

  get dirty(): boolean {
    return this.#dirty.size > 0;
  }

  changed(key: string): void {
    this.#dirty.add(key);
  }

  work(): number {
    const keys = [...this.#dirty];
    this.#dirty.clear();
    for (const key of keys) this.#pick(key);
    return keys.length;
  }

  behind(key: string): readonly Step[] {
    return this.#from.filter((table) => table.has(key)).map((table) => ({ collection: table.name, key }));
  }

  #pick(key: string): void {
    this.#place.contained.counter.runs++;
    const [owner, rival] = this.#from.filter((table) => table.has(key));
    this.output.write(key, owner?.get(key));
    if (owner && rival)
      this.#place.contained.fail(key, `both ${owner.name} and ${rival.name} have it; joined collections must not share keys`, false);
    else this.#place.contained.lift(key);
  }
}
