import type { Change, Collection, DeriveOptions, Fault, First, Group, GroupOptions, Index, Source, Transform } from './collection.ts';
import { CommitLog } from './commit-log.ts';
import type { Counter } from './containment.ts';
import { Containment } from './containment.ts';
import { Counting } from './counting.ts';
import { Derivation } from './derivation.ts';
import { equal } from './equal.ts';
import { Excluding } from './excluding.ts';
import { firstOfGroup, Grouping, wholeGroup } from './grouping.ts';
import { Joining } from './joining.ts';
import { KeyIndex } from './key-index.ts';
import type { Node, Place } from './node.ts';
import { Settlement } from './settlement.ts';
import { StagedSource } from './source.ts';
import type { Provenance } from './table.ts';
import { Table, tableOf } from './table.ts';
import type { Step, Tally } from './watchers.ts';

/**
 * Collections and what is made from them, kept up to date at the cost of what changed.
 *
 * Everything is made from what was made before it, so creation order is dependency order and cycles cannot be written down. Between
 * settles the collections stand still; while one is open in slices they are half done, so sinks listen by `onCommit`, which sees only
 * ends. Whatever the order of events, the end is that of a start from scratch, as long as nothing throws.
 */
export class Graph {
  readonly name: string;
  /** By `${derivation}|${input key}`. Also transforms may look here; whoever sees a fault of a node created after it runs once more. */
  readonly faults: Collection<Fault>;
  readonly #faults: Table<Fault>;
  readonly #tally: Tally = { watches: 0, run: 0 };
  readonly #counters = new Map<string, Counter>();
  readonly #inputs = new Map<string, readonly string[]>();
  readonly #settlement = new Settlement();

  constructor(name = 'graph') {
    this.name = name;
    this.#faults = new Table<Fault>({ name: 'faults', order: -1, tally: this.#tally }, equal);
    this.#faults.provenance = { behind: (key) => this.#behindFault(key) };
    this.faults = this.#faults;
  }

  /** A collection that the outside fills. `equals` says which puts change nothing; structural equality by default. */
  source<T>(name: string, options: { equals?: (a: T, b: T) => boolean } = {}): Source<T> {
    const place = this.#place(name, []);
    const source = new StagedSource<T>(place, place.contained, options.equals ?? equal);
    this.#settlement.addSource(source);
    return source;
  }

  /** The outputs of `transform` for each member of `from`. */
  derive<I, O>(name: string, from: Collection<I>, transform: Transform<I, O>, options: DeriveOptions<I, O> = {}): Collection<O> {
    return this.#add(new Derivation(this.#place(name, [from]), { from: this.#table(from), transform, options }));
  }

  /** Finds members of `collection` under each string that `extract` names; the same values give the same strings. */
  index<T>(name: string, collection: Collection<T>, extract: (value: T, key: string) => readonly string[]): Index<T> {
    return new KeyIndex(name, this.#place(name, [collection]).contained, this.#table(collection), extract);
  }

  /** The members of `from` by group, in order. A group without members is absent. */
  group<T>(name: string, from: Collection<T>, options: GroupOptions<T>): Collection<Group<T>> {
    return this.#add(new Grouping(this.#place(name, [from]), { from: this.#table(from), options, summary: wholeGroup<T>() }));
  }

  /** How many members of `from` each key has. A key without members is absent. */
  count<T>(name: string, from: Collection<T>, by: (value: T, key: string) => readonly string[]): Collection<number> {
    return this.#add(new Counting(this.#place(name, [from]), { from: this.#table(from), by }));
  }

  /** The first member of each group, at no cost for the other members. */
  first<T>(name: string, from: Collection<T>, options: GroupOptions<T>): Collection<First<T>> {
    return this.#add(new Grouping(this.#place(name, [from]), { from: this.#table(from), options, summary: firstOfGroup<T>() }));
  }

  /** Collections of disjoint keys as one. A key of two of them is a fault, and the collection named first has it. */
  join<T>(name: string, ...from: Collection<T>[]): Collection<T> {
    return this.#add(
      new Joining(
        this.#place(name, from),
        from.map((collection) => this.#table(collection)),
      ),
    );
  }

  /** The members of `from` whose key `taken` does not have. */
  without<T>(name: string, from: Collection<T>, taken: Collection<unknown>): Collection<T> {
    return this.#add(new Excluding(this.#place(name, [from, taken]), { from: this.#table(from), taken: this.#table(taken) }));
  }

  /**
   * Calls `listener` after each settle that changed `collection`: changes in key order, one a key, no-op changes left out. It may put;
   * it may not settle. What it throws comes out of the settle after all listeners were told. Returns how to stop.
   */
  onCommit<T>(collection: Collection<T>, listener: (changes: readonly Change<T>[]) => void): () => void {
    return this.#settlement.addLog(new CommitLog(this.#table(collection), listener));
  }

  /** Takes in what was put and brings everything up to date. Finishes a settle that is open in slices first. */
  settle(): void {
    this.#settlement.settle();
  }

  /**
   * The same in slices of at most `maxRuns` transform runs, with a yield between two slices. It begins with the first `next()`; what is
   * put from then on counts from the next settle, and listeners are told when it is exhausted.
   */
  settleSlices(maxRuns: number): Generator<void> {
    return this.#settlement.slices(maxRuns);
  }

  /** Something waits for a settle: puts, a collection made since the last one, or the rest of an open settle. */
  get pending(): boolean {
    return this.#settlement.pending;
  }

  /** By name of the derivation, group, count, first, join or index: how often it worked on an input, and failed. */
  get counters(): ReadonlyMap<string, Readonly<Counter>> {
    return this.#counters;
  }

  /** How many keys, index values and collections somebody looks at or waits for; 0 when no input is left. */
  get watcherCount(): number {
    return this.#tally.watches;
  }

  /** One step of provenance: the input and every look behind an output, present or not. Nothing for sources and absent keys. */
  trace(collection: Collection<unknown>, key: string): readonly Step[] {
    return this.#table(collection).provenance?.behind(key) ?? [];
  }

  #table<T>(collection: Collection<T>): Table<T> {
    return tableOf(collection, this.#tally);
  }

  #place(name: string, inputs: readonly Collection<unknown>[]): Place {
    if (name === '' || name.includes('|')) throw new Error(`"${name}" cannot name a collection; names are not empty and hold no "|"`);
    if (this.#inputs.has(name) || name === 'faults')
      throw new Error(`graph ${this.name} has a "${name}" already; give each collection and index a name of its own`);
    const contained = new Containment(name, this.#faults);
    const order = this.#inputs.size;
    this.#inputs.set(
      name,
      inputs.map((input) => this.#table(input).name),
    );
    this.#counters.set(name, contained.counter);
    return { name, order, tally: this.#tally, contained };
  }

  #add<O>(node: Node & Provenance & { readonly output: Table<O> }): Collection<O> {
    this.#settlement.addNode(node);
    return node.output;
  }

  #behindFault(key: string): readonly Step[] {
    const fault = this.#faults.get(key);
    if (!fault) return [];
    return (this.#inputs.get(fault.derivation) ?? []).map((collection) => ({ collection, key: fault.input }));
  }
}
