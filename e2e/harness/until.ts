import { setTimeout as sleep } from 'node:timers/promises';
import { isNativeError } from 'node:util/types';

export interface Patience {
  /** Milliseconds after which waiting ends with an error. */
  readonly limit?: number;
  /** Milliseconds between two looks. */
  readonly interval?: number;
}

/**
 * Looks again and again until `look` gives something other than undefined, and gives that. `look` may reject as long as the thing is not there yet.
 * Rejects when the time is up, with `what` and the last reason.
 */
export async function until<T>(what: string, look: () => Promise<T | undefined>, patience: Patience = {}): Promise<T> {
  const { limit = 30_000, interval = 50 } = patience;
  const end = Date.now() + limit;
  let reason = '';
  while (Date.now() < end) {
    try {
      const seen = await look();
      if (seen !== undefined) return seen;
    } catch (error) {
      reason = `: ${isNativeError(error) ? error.message : String(error)}`;
    }
    await sleep(interval);
  }
  throw new Error(`${what}: not within ${limit / 1000} s${reason}`);
}

/** Looks again and again until what is there is `expected`; what `look` says when it rejects is nothing. */
export const untilIs = <T>(what: string, expected: T, look: () => Promise<T>): Promise<T> =>
  until(what, async () => {
    const seen = await look();
    if (seen !== expected) throw new Error(`it is ${String(seen)}`);
    return seen;
  });
