import { allOf, type Few, few } from './few.ts';
import type { Waker, Watch } from './watchers.ts';

const NOTHING: readonly never[] = Object.freeze([]);

/** What one input of a derivation looked at and yielded. There is one for nearly every object and derivation, so it is small. */
export class Run implements Waker {
  readonly key: string;
  /** The keys it wanted when it lost to another owner. */
  wanted: readonly string[] = NOTHING;
  /** It has succeeded, and what it owns is its last good result. */
  good = false;
  /** It owns the output that has its own key. */
  ownsItsKey = false;
  #looks: Few<Watch> = NOTHING;
  #outputs: Few<string> = NOTHING;
  readonly #derivation: { mark(key: string): void };

  constructor(derivation: { mark(key: string): void }, key: string) {
    this.#derivation = derivation;
    this.key = key;
  }

  get looks(): readonly Watch[] {
    return allOf(this.#looks);
  }
  set looks(looks: readonly Watch[]) {
    this.#looks = few(looks);
  }

  /** The keys it owns now. */
  get outputs(): readonly string[] {
    return allOf(this.#outputs);
  }
  set outputs(outputs: readonly string[]) {
    this.#outputs = few(outputs);
  }

  /** It owns nothing, and nothing but its input can make it run again. */
  get isEmpty(): boolean {
    return this.wanted.length === 0 && this.outputs.length === 0 && this.looks.length === 0;
  }

  wake(): void {
    this.#derivation.mark(this.key);
  }
}
