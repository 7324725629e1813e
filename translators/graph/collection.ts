/**
 * The vocabulary of the engine. A Collection is a keyed set of values that the graph keeps up to date; a Transform makes one
 * from another and looks at further ones through Fetch, which remembers every look (Istio's krt is the model).
 */

/** A keyed set of values. Iteration is in key order (by UTF-16 code unit), always. */
export interface Collection<T> {
  readonly name: string;
  readonly size: number;
  get(key: string): T | undefined;
  has(key: string): boolean;
  keys(): Iterable<string>;
  entries(): Iterable<readonly [key: string, value: T]>;
}

/** A collection that the outside fills. What is put during a settle counts from the next one. `undefined` removes. */
export interface Source<T> extends Collection<T> {
  put(key: string, value: T | undefined): void;
}

/** Finds members of a collection by something other than their key. */
export interface Index<T> {
  readonly name: string;
  readonly collection: Collection<T>;
}

/** How a transform looks at other collections. Every look is remembered, also one that finds nothing; the transform runs again when what it saw changes. */
export interface Fetch {
  one<T>(from: Collection<T>, key: string): T | undefined;
  /** The members under `value`, in key order. */
  by<T>(index: Index<T>, value: string): readonly T[];
  /** All members, in key order. Only for collections that stay small: any change runs the transform again. */
  all<T>(from: Collection<T>): readonly T[];
}

/** Pure: same input and same looks, same outputs. No clock, no I/O, no logger, no randomness. Output keys are unique in the whole collection. */
export type Transform<I, O> = (input: I, fetch: Fetch, key: string) => Iterable<readonly [key: string, value: O]>;

/** Structural equality by default; give one where a hash says it sooner. */
export interface DeriveOptions<I, O> {
  readonly equals?: (a: O, b: O) => boolean;
  /** The outputs of an input whose very first run throws, so that there is nothing to keep: the safe answer. Default: none. */
  readonly whenBroken?: (input: I, key: string) => Iterable<readonly [key: string, value: O]>;
}

/** Ordered members of one group. A new object for each change; `members` is in `orderBy` order, ties by key. */
export interface Group<T> {
  readonly key: string;
  readonly members: readonly T[];
  readonly memberKeys: readonly string[];
}

export interface GroupOptions<T> {
  /** The groups that a member belongs to; none, one or several. */
  readonly by: (value: T, key: string) => readonly string[];
  /** Total up to ties, which go by key. Default: by key. */
  readonly orderBy?: (a: T, b: T) => number;
}

/** The winner of a group and those who lost to it, in order. */
export interface First<T> {
  readonly key: string;
  readonly winner: T;
  readonly winnerKey: string;
}

/** A bug in a transform, contained: what it was working on, and whether its last good outputs are still in place. */
export interface Fault {
  readonly derivation: string;
  readonly input: string;
  readonly message: string;
  readonly kept: boolean;
}

/** One committed change of a collection. */
export interface Change<T> {
  readonly key: string;
  readonly previous: T | undefined;
  readonly next: T | undefined;
}
