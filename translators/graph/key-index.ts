import type { Collection, Index } from './collection.ts';
import type { Containment } from './containment.ts';
import { distinct } from './distinct.ts';
import { allOf, type Few, few } from './few.ts';
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
  /** Of a value that never had more than one member, that member's key. */
  readonly #buckets = new Map<string, Bucket<T> | string>();
  /** What each member was filed under: `extract` is not asked twice about the same value. */
  readonly #filed = new Map<string, Few<string>>();
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
    if (bucket === undefined || typeof bucket === 'string') return this.#read(bucket === undefined ? [] : [bucket]);
    bucket.values ??= this.#read(bucket.keys.items());
    return bucket.values;
  }

  watchOf(value: string): Watch {
    return this.#watchers.at(value);
  }

  changed(key: string, _previous: T | undefined, next: T | undefined): void {
    const before = allOf(this.#filed.get(key) ?? []);
    const after = next === undefined ? this.#leave(key) : this.#file(key, next, before);
    for (const value of before) if (!after.includes(value)) this.#remove(value, key);
    for (const value of after) {
      if (!before.includes(value)) this.#add(value, key);
      this.#touch(value);
    }
  }

  #keysOf(value: string): readonly string[] {
    const bucket = this.#buckets.get(value);
    if (bucket === undefined) return [];
    return typeof bucket === 'string' ? [bucket] : bucket.keys.items();
  }

  #read(keys: readonly string[]): readonly T[] {
    const values: T[] = [];
    for (const key of keys) {
      const value = this.table.get(key);
      if (value !== undefined) values.push(value);
    }
    return values;
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
      if (after.length > 0) this.#filed.set(key, few(after));
      else this.#filed.delete(key);
      this.#contained.lift(key);
      return after;
    } catch (error) {
      this.#contained.fail(key, error, before.length > 0);
      return before;
    }
  }

  #add(value: string, key: string): void {
    const bucket = this.#buckets.get(value);
    if (bucket === undefined) this.#buckets.set(value, key);
    else if (typeof bucket === 'string') this.#buckets.set(value, { keys: listOf(bucket, key), values: undefined });
    else bucket.keys.add(key);
  }

  #remove(value: string, key: string): void {
    const bucket = this.#buckets.get(value);
    if (bucket === undefined) return;
    if (typeof bucket !== 'string') bucket.keys.delete(key);
    if (typeof bucket === 'string' || bucket.keys.size === 0) this.#buckets.delete(value);
    this.#touch(value);
  }

  #touch(value: string): void {
    const bucket = this.#buckets.get(value);
    if (typeof bucket === 'object') bucket.values = undefined;
    this.#watchers.wake(value);
  }

  #seen(value: string): readonly Step[] {
    return [{ collection: this.name, key: value }, ...this.#keysOf(value).map((key) => ({ collection: this.table.name, key }))];
  }
}

function listOf(...keys: readonly string[]): OrderedList<string> {
  const list = new OrderedList<string>(compareKeys);
  for (const key of keys) list.add(key);
  return list;
}
