import { type Clock, systemClock } from './clock.ts';

/** EnvoyGateway's `client.rateLimit`. */
export interface RateLimit {
  /** Requests a second in the long run. */
  readonly qps: number;
  /** Requests at once, after a quiet while. */
  readonly burst: number;
}

/** A token bucket whose takers queue: who comes first goes first. Without a limit nobody waits. */
export class RequestRate {
  readonly #clock: Clock;
  #limit: RateLimit | undefined;
  /** Below zero: so many are waiting. */
  #tokens = 0;
  #at = 0;

  constructor(limit?: RateLimit, clock: Clock = systemClock) {
    this.#clock = clock;
    this.set(limit);
  }

  /** Holds for requests from now on. Those that wait keep their turn. */
  set(limit: RateLimit | undefined): void {
    this.#limit = limit;
    this.#tokens = limit?.burst ?? 0;
    this.#at = this.#clock.now();
  }

  /** Resolves when it is one's turn. Rejects with the signal's reason when that is aborted first; the turn is lost then. */
  async take(signal?: AbortSignal): Promise<void> {
    const limit = this.#limit;
    if (limit === undefined) return;
    const waitMs = this.#reserve(limit);
    if (waitMs > 0) await this.#wait(waitMs, signal);
  }

  #reserve({ qps, burst }: RateLimit): number {
    const now = this.#clock.now();
    this.#tokens = Math.min(burst, this.#tokens + (Math.max(0, now - this.#at) * qps) / 1000);
    this.#at = now;
    this.#tokens -= 1;
    return this.#tokens >= 0 ? 0 : Math.ceil((-this.#tokens * 1000) / qps);
  }

  #wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const lose = (): void => {
        cancel();
        reject(signal?.reason);
      };
      const cancel = this.#clock.after(ms, () => {
        signal?.removeEventListener('abort', lose);
        resolve();
      });
      if (signal?.aborted) lose();
      else signal?.addEventListener('abort', lose, { once: true });
    });
  }
}
