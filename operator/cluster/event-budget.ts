/** How many events one object may make at once, and how often one more, in milliseconds. */
const BURST = 25;
const REFILL_MS = 10_000;

/** A token bucket: what one object may still say. */
export class EventBudget {
  #tokens = BURST;
  #at: number;

  constructor(now: number) {
    this.#at = now;
  }

  /** Takes one; false: nothing is left. */
  take(now: number): boolean {
    const earned = Math.floor((now - this.#at) / REFILL_MS);
    this.#at += earned * REFILL_MS;
    this.#tokens = Math.min(BURST, this.#tokens + earned);
    if (this.#tokens === 0) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Nothing is remembered of what it said. */
  isFull(now: number): boolean {
    return this.#tokens + Math.floor((now - this.#at) / REFILL_MS) >= BURST;
  }
}
