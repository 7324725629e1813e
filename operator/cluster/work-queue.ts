import { Backoff } from './backoff.ts';
import { type Clock, systemClock } from './clock.ts';

export interface WorkQueueOptions {
  /** Brings one key up to date, whatever happened to it. Never runs twice at once for one key. */
  readonly process: (key: string) => Promise<void> | void;
  /** How many keys may be under way at once. */
  readonly concurrency: number;
  /** A key failed and is tried again after `waitMs`. */
  readonly onError: (key: string, error: unknown, waitMs: number) => void;
  readonly clock?: Clock;
  readonly random?: () => number;
}

/**
 * Level-triggered work: a key that is added often before its turn comes runs once, one that is added while it runs runs once more. A key that fails
 * comes back by the back-off policy, or at once when it is added again: what was wrong may have changed. Keys start in the order in which they came, within the turn of
 * the event loop that added them.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #clock: Clock;
  readonly #ready = new Set<string>();
  readonly #running = new Set<string>();
  readonly #again = new Set<string>();
  readonly #delayed = new Map<string, () => void>();
  readonly #failing = new Map<string, Backoff>();
  readonly #idle: (() => void)[] = [];
  readonly #worked: (() => void)[] = [];
  #pumping = false;
  #stopped = false;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Keys that wait for their turn or are under way; those that wait for their back-off are not counted. */
  get size(): number {
    return this.#ready.size + this.#running.size;
  }

  add(key: string): void {
    if (this.#stopped) return;
    this.#delayed.get(key)?.();
    this.#delayed.delete(key);
    if (this.#running.has(key)) this.#again.add(key);
    else this.#ready.add(key);
    this.#pumpSoon();
  }

  /** Forgets that a key failed and that it waits. */
  forget(key: string): void {
    this.#delayed.get(key)?.();
    this.#delayed.delete(key);
    this.#failing.delete(key);
    this.#ready.delete(key);
    this.#again.delete(key);
    this.#pumpSoon();
  }

  /** Resolves when every key added so far has been tried at least once. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      this.#idle.push(resolve);
      this.#pumpSoon();
    });
  }

  /** Resolves when every key added so far has succeeded. Those that go on failing are waited for `patienceMs` longer than all others take to be tried. */
  async worked(patienceMs: number): Promise<void> {
    await this.idle();
    if (this.#delayed.size === 0) return;
    const over = Promise.withResolvers<void>();
    const cancel = this.#clock.after(patienceMs, over.resolve);
    this.#worked.push(over.resolve);
    await over.promise;
    cancel();
  }

  /** Starts nothing any more; what is under way ends by itself. */
  stop(): void {
    this.#stopped = true;
    for (const cancel of this.#delayed.values()) cancel();
    this.#delayed.clear();
    this.#ready.clear();
    this.#again.clear();
    this.#pumpSoon();
  }

  #pumpSoon(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    queueMicrotask(() => {
      this.#pumping = false;
      this.#pump();
    });
  }

  #pump(): void {
    for (const key of this.#ready) {
      if (this.#running.size >= this.#options.concurrency) return;
      this.#ready.delete(key);
      this.#start(key);
    }
    if (this.size > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
    if (this.#delayed.size === 0) for (const resolve of this.#worked.splice(0)) resolve();
  }

  #start(key: string): void {
    this.#running.add(key);
    try {
      const work = this.#options.process(key);
      if (work === undefined) this.#done(key);
      else
        work.then(
          () => this.#done(key),
          (error: unknown) => this.#failed(key, error),
        );
    } catch (error) {
      this.#failed(key, error);
    }
  }

  #done(key: string): void {
    this.#failing.delete(key);
    this.#running.delete(key);
    if (this.#again.delete(key)) this.#ready.add(key);
    this.#pumpSoon();
  }

  #failed(key: string, error: unknown): void {
    const backoff = this.#failing.get(key) ?? new Backoff(this.#options.random);
    this.#done(key);
    if (this.#stopped) return;
    this.#failing.set(key, backoff);
    const waitMs = backoff.next(retryAfter(error));
    this.#options.onError(key, error, waitMs);
    if (this.#ready.has(key)) return;
    this.#delayed.set(
      key,
      this.#clock.after(waitMs, () => this.add(key)),
    );
  }
}

const retryAfter = (error: unknown): number =>
  error instanceof Error && 'retryAfterMs' in error && typeof error.retryAfterMs === 'number' ? error.retryAfterMs : 0;
