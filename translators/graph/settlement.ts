import type { CommitLog } from './commit-log.ts';
import type { Node } from './node.ts';
import type { StagedSource } from './source.ts';

/** One pass settles all but looks at faults, which are written throughout; more passes than this only for transforms that feed on their own faults. */
const MAX_PASSES = 8;

/** Takes the puts in, works through the nodes in creation order, tells the listeners; all at once or in slices. */
export class Settlement {
  readonly #sources: StagedSource<unknown>[] = [];
  readonly #nodes: Node[] = [];
  readonly #logs = new Set<CommitLog<unknown>>();
  /** Counts settles, so that a generator sees that somebody else has finished its settle. */
  #round = 0;
  #open = false;
  #busy = false;
  #position = 0;
  #passes = 0;

  addSource<T>(source: StagedSource<T>): void {
    // Only asked to take its own puts in, so its value type does not matter here.
    this.#sources.push(source as unknown as StagedSource<unknown>);
  }
  addNode(node: Node): void {
    this.#nodes.push(node);
  }
  addLog<T>(log: CommitLog<T>): () => void {
    // Only asked to deliver to its own listener, so its value type does not matter here.
    const any = log as unknown as CommitLog<unknown>;
    this.#logs.add(any);
    return () => {
      log.close();
      this.#logs.delete(any);
    };
  }

  get pending(): boolean {
    return this.#open || this.#sources.some((source) => source.staged) || this.#nodes.some((node) => node.dirty);
  }

  settle(): void {
    if (this.#open) this.#finish();
    this.#begin();
    this.#finish();
  }

  *slices(maxRuns: number): Generator<void> {
    if (!Number.isInteger(maxRuns) || maxRuns < 1) throw new RangeError(`maxRuns is ${maxRuns}; it must be a whole number of at least 1`);
    while (this.#open) yield* this.#remaining(maxRuns);
    this.#begin();
    yield* this.#remaining(maxRuns);
  }

  /** The rest of the settle that is open now, whoever began it. */
  *#remaining(maxRuns: number): Generator<void> {
    const round = this.#round;
    while (this.#round === round) {
      if (this.#advance(maxRuns)) this.#commit();
      else yield;
    }
  }

  #finish(): void {
    this.#advance(Number.POSITIVE_INFINITY);
    this.#commit();
  }

  #begin(): void {
    this.#exclusively(() => {
      this.#open = true;
      this.#position = 0;
      this.#passes = 0;
      for (const source of this.#sources) source.takeIn();
    });
  }

  /** True when nothing is left to do. */
  #advance(budget: number): boolean {
    let finished = false;
    this.#exclusively(() => {
      finished = this.#pass(budget);
    });
    return finished;
  }

  #pass(budget: number): boolean {
    let left = budget;
    for (let node = this.#next(); node; node = this.#next()) {
      if (left <= 0) return false;
      left -= node.work(left);
      // A transform that woke itself by its own fault waits for the next pass like all others.
      if (!node.unfinished) this.#position++;
    }
    return true;
  }

  #next(): Node | undefined {
    for (; this.#position < this.#nodes.length; this.#position++) {
      const node = this.#nodes[this.#position];
      if (node?.dirty) return node;
    }
    if (++this.#passes >= MAX_PASSES) return undefined;
    const earlier = this.#nodes.findIndex((node) => node.dirty);
    if (earlier >= 0) this.#position = earlier;
    return this.#nodes[earlier];
  }

  /** Every listener is told, also when one before it throws; the errors come after the last. */
  #commit(): void {
    this.#open = false;
    this.#round++;
    const errors: unknown[] = [];
    this.#exclusively(() => {
      for (const log of this.#logs) log.seal();
      for (const log of [...this.#logs]) errors.push(...thrownBy(log));
    });
    if (errors.length === 1) throw errors[0];
    if (errors.length > 1) throw new AggregateError(errors, `${errors.length} listeners failed`);
  }

  #exclusively(work: () => void): void {
    if (this.#busy)
      throw new Error('a settle was asked for from within a settle; transforms are pure and listeners only put, settle later');
    this.#busy = true;
    try {
      work();
    } finally {
      this.#busy = false;
    }
  }
}

function thrownBy(log: CommitLog<unknown>): readonly unknown[] {
  try {
    log.deliver();
    return [];
  } catch (error) {
    return [error];
  }
}
