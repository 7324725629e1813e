import type { Source } from '../translators/graph/collection.ts';

/** Longest delay that setTimeout takes. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** Moves the graph's time: an instant that some output waits for (a certificate's end) becomes a fact of the graph when it has passed. */
export class Instants {
  readonly #passed: Source<true>;
  readonly #wake: () => void;
  readonly #waiting = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(passed: Source<true>, wake: () => void) {
    this.#passed = passed;
    this.#wake = wake;
  }

  /** `owner` waits for `instant`, in milliseconds since the epoch, and for nothing else. */
  ask(owner: string, instant: number | undefined): void {
    if (instant === undefined) this.#waiting.delete(owner);
    else this.#waiting.set(owner, instant);
    this.#rise();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#waiting.clear();
  }

  #rise(): void {
    clearTimeout(this.#timer);
    const now = Date.now();
    const due = [...this.#waiting].filter(([, instant]) => instant <= now);
    for (const [owner, instant] of due) {
      this.#waiting.delete(owner);
      this.#passed.put(String(instant), true);
    }
    if (due.length > 0) this.#wake();
    const next = Math.min(...this.#waiting.values());
    if (Number.isFinite(next)) this.#timer = setTimeout(() => this.#rise(), Math.min(next - now, MAX_DELAY_MS)).unref();
  }
}
