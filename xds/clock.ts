/** Where time comes from. The server takes one, so that graces and deadlines can be walked through by hand. */
export interface Clock {
  /** Milliseconds; only differences count. Never goes back. */
  now(): number;
  /** Calls back once after `ms` milliseconds. The answer cancels it; cancelling twice, or after the call, does nothing. */
  setTimeout(callback: () => void, ms: number): () => void;
}

/** The machine's monotonic clock. A waiting timer does not keep the process alive. */
export const systemClock: Clock = {
  now: () => performance.now(),
  setTimeout: (callback, ms) => {
    const timer = setTimeout(callback, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
