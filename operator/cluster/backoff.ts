/** How long to wait after failures in a row: the one policy of the operator. Milliseconds. */
export const BACKOFF = { first: 100, factor: 2, longest: 10_000 } as const;

/**
 * The waits of one thing that keeps failing: they double from `first` to `longest`, each one drawn between half of that and the whole, so that
 * many that fail together do not come back together. Only failures count; `reset` says that it worked again.
 */
export class Backoff {
  readonly #random: () => number;
  #failures = 0;

  /** `random` answers numbers in [0, 1). */
  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** Failures since the last success. */
  get failures(): number {
    return this.#failures;
  }

  /** Milliseconds to wait after one more failure; `atLeast` is what the other side asked for (Retry-After). */
  next(atLeast = 0): number {
    const whole = Math.min(BACKOFF.longest, BACKOFF.first * BACKOFF.factor ** this.#failures);
    this.#failures += 1;
    return Math.max(atLeast, Math.round(whole * (0.5 + this.#random() / 2)));
  }

  reset(): void {
    this.#failures = 0;
  }
}
