import type { Run } from './run.ts';
import type { Tally } from './watchers.ts';

/** The smaller input that owns a key another input wants as well. */
export interface Rival {
  readonly key: string;
  readonly owner: string;
}

/** Who owns which output key of a derivation, and who would like to. An output that has the key of its run is noted at the run, as many derivations have no others. */
export class Ownership {
  readonly #tally: Tally;
  readonly #runOf: (key: string) => Run | undefined;
  readonly #owners = new Map<string, Run>();
  readonly #waiting = new Map<string, Set<Run>>();

  constructor(tally: Tally, runOf: (key: string) => Run | undefined) {
    this.#tally = tally;
    this.#runOf = runOf;
  }

  ownerOf(key: string): Run | undefined {
    const owner = this.#owners.get(key);
    if (owner) return owner;
    const namesake = this.#runOf(key);
    return namesake?.ownsItsKey ? namesake : undefined;
  }
  take(key: string, run: Run): void {
    this.release(key);
    if (key === run.key) run.ownsItsKey = true;
    else this.#owners.set(key, run);
  }
  release(key: string): void {
    if (this.#owners.delete(key)) return;
    const namesake = this.#runOf(key);
    if (namesake) namesake.ownsItsKey = false;
  }

  /** The first of `keys` that belongs to an input before `run` in key order. */
  rivalOf(run: Run, keys: readonly string[]): Rival | undefined {
    for (const key of keys) {
      const owner = this.ownerOf(key);
      if (owner !== undefined && owner.key < run.key) return { key, owner: owner.key };
    }
    return undefined;
  }

  /** `run` wants to know when one of `keys` changes hands. */
  wait(run: Run, keys: readonly string[]): void {
    run.wanted = [...run.wanted, ...keys];
    for (const key of keys) this.#waitersOf(key).add(run);
  }

  stopWaiting(run: Run): void {
    if (run.wanted.length === 0) return;
    for (const key of run.wanted) {
      const waiting = this.#waiting.get(key);
      if (!waiting?.delete(run) || waiting.size > 0) continue;
      this.#waiting.delete(key);
      this.#tally.watches--;
    }
    run.wanted = [];
  }

  #waitersOf(key: string): Set<Run> {
    const known = this.#waiting.get(key);
    if (known) return known;
    const waiting = new Set<Run>();
    this.#waiting.set(key, waiting);
    this.#tally.watches++;
    return waiting;
  }

  waitingFor(key: string): Iterable<Run> {
    return this.#waiting.get(key) ?? [];
  }
}
