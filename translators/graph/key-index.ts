import type { Collection, Index } from './collection.ts';
import type { Containment } from './containment.ts';
import { distinct } from './distinct.ts';
import { compareKeys, OrderedList } from './ordered-list.ts';
import type { Dependent, Table } from './table.ts';
import type { Step, Watch } from './watchers.ts';
import { Watchers } from './watchers.ts';

interface Bucket<T> {
  readonly keys: OrderedList<string>;
  /** In key order, shared by all who look until something changes. */
  values: readonly T[] | undefined;
}

/** Finds the members of a table by something other than their key. Always up to date with its table. */
export class KeyIndex<T> implements Index<T>, Dependent<T> {
  readonly name: string;
  readonly table: Table<T>;
  readonly #contained: Containment;
  readonly #extract: (value: T, key: string) => readonly string[];
  readonly #buckets = new Map<string, Bucket<T>>();
  /** What each member was filed under: `extract` is not asked twice about the same value. */
  readonly #filed = new Map<string, readonly string[]>();
  readonly #watchers: Watchers;

  constructor(name: string, contained: Containment, table: Table<T>, extract: (value: T, key: string) => readonly string[]) {
    this.name = name;
    this.table = table;
    this.#contained = contained;
    this.#extract = extract;
    this.#watchers = new Watchers(table.site.tally, (value) => this.#seen(value));
    table.feed(this);
  }

  get collection(): Collection<T> {
    return this.table;
  }

  /** The members under `value`, in key order. */
  lookup(value: string): readonly T[] {
    const bucket = this.#buckets.get(value);
    if (!bucket) return [];
    bucket.values ??= this.#read(bucket);
    return bucket.values;
  }

  watchOf(value: string): Watch {
    return this.#watchers.at(value);
  }

  changed(key: string, _previous: T | undefined, next: T | undefined): void {
    const before = this.#filed.get(key) ?? [];
    const after = next === undefined ? this.#leave(key) : this.#file(key, next, before);
    for (const value of before) if (!after.includes(value)) this.#remove(value, key);
    for (const value of after) {
      if (!before.includes(value)) this.#add(value, key);
      this.#touch(value);
    }
  }

  #read(bucket: Bucket<T>): readonly T[] {
    const values: T[] = [];
    for (const key of bucket.keys.items()) {
      const value = this.table.get(key);
      if (value !== undefined) values.push(value);
    }
    return values.length === 1 ? values.slice() : values;
  }

  #leave(key: string): readonly string[] {
    this.#filed.delete(key);
    this.#contained.lift(key);
    return [];
  }

  /** A member that `extract` fails on stays where it was. */
  #file(key: string, value: T, before: readonly string[]): readonly string[] {
    this.#contained.counter.runs++;
    try {
      const after = distinct(this.#extract(value, key));
      this.#filed.set(key, after);
      this.#contained.lift(key);
      return after;
    } catch (error) {
      this.#contained.fail(key, error, before.length > 0);
      return before;
    }
  }

  #add(value: string, key: string): void {
    const bucket = this.#buckets.get(value) ?? { keys: new OrderedList<string>(compareKeys), values: undefined };
    bucket.keys.add(key);
    this.#buckets.set(value, bucket);
  }

  #remove(value: string, key: string): void {
    const bucket = this.#buckets.get(value);
    if (!bucket) return;
    bucket.keys.delete(key);
    if (bucket.keys.size === 0) this.#buckets.delete(value);
    this.#touch(value);
  }

  #touch(value: string): void {
    const bucket = this.#buckets.get(value);
    if (bucket) bucket.values = undefined;
    this.#watchers.wake(value);
  }

  #seen(value: string): readonly Step[] {
    const members = this.#buckets.get(value)?.keys.items() ?? [];
    return [{ collection: this.name, key: value }, ...members.map((key) => ({ collection: this.table.name, key }))];
  }
}
