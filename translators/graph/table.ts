import type { Collection } from './collection.ts';
import { compareKeys, OrderedList } from './ordered-list.ts';
import type { Step, Tally, Watch } from './watchers.ts';
import { Watchers } from './watchers.ts';

/** Where a collection stands in its graph. Looks go only to a smaller `order`, so one pass in creation order settles all. */
export interface Site {
  readonly name: string;
  readonly order: number;
  readonly tally: Tally;
}

/** Told of each change of a table, at once. */
export interface Dependent<T> {
  changed(key: string, previous: T | undefined, next: T | undefined): void;
}

/** Knows what is behind a key: one step back. */
export interface Provenance {
  behind(key: string): readonly Step[];
}

/** The one watch of those who look at all of a table. */
const EVERYTHING = '';

/** The stored form of every collection: its values, who looks at them, and who is built on them. Only its own node writes it. */
export class Table<T> implements Collection<T> {
  readonly name: string;
  readonly site: Site;
  provenance: Provenance | undefined;
  readonly #equals: (a: T, b: T) => boolean;
  readonly #entries = new Map<string, T>();
  readonly #dependents = new Set<Dependent<T>>();
  readonly #keyWatchers: Watchers;
  readonly #wideWatchers: Watchers;
  #sorted: OrderedList<string> | undefined;
  #values: readonly T[] | undefined;

  constructor(site: Site, equals: (a: T, b: T) => boolean) {
    this.name = site.name;
    this.site = site;
    this.#equals = equals;
    this.#keyWatchers = new Watchers(site.tally, (key) => [{ collection: site.name, key }]);
    this.#wideWatchers = new Watchers(site.tally, () => this.#keys().map((key) => ({ collection: site.name, key })));
  }

  get size(): number {
    return this.#entries.size;
  }
  get(key: string): T | undefined {
    return this.#entries.get(key);
  }
  has(key: string): boolean {
    return this.#entries.has(key);
  }
  keys(): Iterable<string> {
    return this.#keys().slice();
  }
  *entries(): Iterable<readonly [key: string, value: T]> {
    for (const key of this.keys()) {
      const value = this.#entries.get(key);
      if (value !== undefined) yield [key, value];
    }
  }

  /** All values in key order, one array for all who ask until something changes. */
  values(): readonly T[] {
    this.#values ??= Array.from(this.entries(), ([, value]) => value);
    return this.#values;
  }
  watchOf(key: string): Watch {
    return this.#keyWatchers.at(key);
  }
  watchOfAll(): Watch {
    return this.#wideWatchers.at(EVERYTHING);
  }

  /** The previous value where `next` equals it: the structural cut-off. */
  settled(key: string, next: T): T {
    const previous = this.#entries.get(key);
    return previous !== undefined && this.#equals(previous, next) ? previous : next;
  }

  /** `undefined` removes. What is not identical counts as changed: cut off with `settled` first. */
  write(key: string, next: T | undefined): void {
    const previous = this.#entries.get(key);
    if (previous === next) return;
    this.#store(key, previous, next);
    this.#values = undefined;
    for (const dependent of this.#dependents) dependent.changed(key, previous, next);
    this.#keyWatchers.wake(key);
    this.#wideWatchers.wake(EVERYTHING);
  }

  /** Tells `dependent` of what is there already, then of each change. Returns how to stop. */
  feed(dependent: Dependent<T>): () => void {
    // Iterating makes the table keep its keys in order from then on, which a table that is empty yet may never need.
    if (this.size > 0) for (const [key, value] of this.entries()) dependent.changed(key, undefined, value);
    return this.follow(dependent);
  }
  follow(dependent: Dependent<T>): () => void {
    this.#dependents.add(dependent);
    return () => this.#dependents.delete(dependent);
  }

  /** Whether two values of a key, or their absence, are the same. What cannot be compared counts as different. */
  same(a: T | undefined, b: T | undefined): boolean {
    if (a === b || a === undefined || b === undefined) return a === b;
    try {
      return this.#equals(a, b);
    } catch {
      return false;
    }
  }

  #store(key: string, previous: T | undefined, next: T | undefined): void {
    if (next === undefined) {
      this.#entries.delete(key);
      this.#sorted?.delete(key);
      return;
    }
    this.#entries.set(key, next);
    if (previous === undefined) this.#sorted?.add(key);
  }

  #keys(): readonly string[] {
    this.#sorted ??= new OrderedList(compareKeys, [...this.#entries.keys()].sort());
    return this.#sorted.items();
  }
}

/** The table behind a collection. Throws for what another graph made, or no graph at all. */
export function tableOf<T>(collection: Collection<T>, tally: Tally): Table<T> {
  if (collection instanceof Table && collection.site.tally === tally) return collection;
  throw new Error(`collection ${collection.name} is not of this graph; use only what this graph's own methods returned`);
}
