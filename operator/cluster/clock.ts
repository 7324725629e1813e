/** Time as the operator sees it. Passed in, so that tests turn the hands themselves. */
export interface Clock {
  /** Milliseconds since the epoch, or since some instant that stays the same. */
  now(): number;
  /** Runs `run` once after `ms` milliseconds; the answer cancels it. */
  after(ms: number, run: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** For durations that must not follow corrections of the machine's clock: `now` counts from the start of the process. */
export const monotonicClock: Clock = { ...systemClock, now: () => performance.now() };

/** Resolves after `ms` milliseconds, or at once when the signal is or gets aborted. Never rejects. */
export const sleep = (clock: Clock, ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const wake = (): void => {
      cancel();
      signal.removeEventListener('abort', wake);
      resolve();
    };
    const cancel = clock.after(ms, wake);
    signal.addEventListener('abort', wake);
  });
