import type { Waker, Watch } from './watchers.ts';

const NOTHING: readonly never[] = Object.freeze([]);

/** What one input of a derivation looked at and yielded. */
export class Run implements Waker {
  readonly key: string;
  looks: readonly Watch[] = NOTHING;
  /** The keys it owns now. */
  outputs: readonly string[] = NOTHING;
  /** The keys it wanted when it lost to another owner. */
  wanted: readonly string[] = NOTHING;
  /** It has succeeded, and what it owns is its last good result. */
  good = false;
  readonly #derivation: { mark(key: string): void };

  constructor(derivation: { mark(key: string): void }, key: string) {
    this.#derivation = derivation;
    this.key = key;
  }

  wake(): void {
    this.#derivation.mark(this.key);
  }
}
