/** Milliseconds between two writes of one object: the least, how it grows while writes follow each other, the most. */
export const PACE = { least: 200, growth: 1.5, most: 2_000 } as const;

/**
 * How often one object may be written. The first write after a quiet time goes at once; a storm is written less and less often: a thousand
 * changes within a minute and a half make some 50 writes.
 */
export class WritePace {
  #gap: number = PACE.least;
  #last = Number.NEGATIVE_INFINITY;

  /** Milliseconds from `now` until the next write may go, where it may not come before `gap` after the last. */
  wait(now: number, gap = 0): number {
    return Math.max(0, this.#last + Math.max(gap, this.#gap) - now);
  }

  /** Whether so much time has passed that nothing is remembered of earlier writes. */
  isCalm(now: number): boolean {
    return now - this.#last > 2 * this.#gap;
  }

  wrote(now: number): void {
    this.#gap = this.isCalm(now) ? PACE.least : Math.min(PACE.most, this.#gap * PACE.growth);
    this.#last = now;
  }
}
