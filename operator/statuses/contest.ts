import { equal } from '../../translators/graph/equal.ts';
import type { DesiredStatus } from './desired-status.ts';

/** After so many writes of the same in a row it is a contest; milliseconds between its writes: the first, then twice as long each time, the most. */
export const CONTEST = { from: 3, least: 4_000, most: 60_000 } as const;

/**
 * Whether somebody else undoes what we write to one object: a second controller with our name, say, which has proxies of its own. Two that both insist would write for ever; we
 * say so and write the same ever less often. Something new is not held up by it.
 */
export class Contest {
  #said: DesiredStatus | undefined;
  #rounds = 0;

  /** It has been written, because it was not there. Answers whether this makes it a contest. */
  wrote(status: DesiredStatus): boolean {
    this.#rounds = equal(status, this.#said) ? this.#rounds + 1 : 0;
    this.#said = status;
    return this.#rounds === CONTEST.from;
  }

  /** Milliseconds between our last write and one that says this. */
  gap(status: DesiredStatus): number {
    if (this.#rounds < CONTEST.from || !equal(status, this.#said)) return 0;
    return Math.min(CONTEST.most, CONTEST.least * 2 ** (this.#rounds - CONTEST.from));
  }
}
