import { compareKeys } from './ordered-list.ts';

/** The inputs a derivation has to run, in key order. What is marked while a sweep is under way waits for the next sweep, unless it is added to this one. */
export class Agenda {
  #marked = new Set<string>();
  #sweep: string[] = [];
  #at = 0;

  get empty(): boolean {
    return this.#marked.size === 0 && this.swept;
  }
  /** The sweep is at its end, or none is open. */
  get swept(): boolean {
    return this.#at >= this.#sweep.length;
  }

  mark(key: string): void {
    this.#marked.add(key);
  }

  open(): void {
    this.#sweep = [...this.#marked].sort();
    this.#marked = new Set();
    this.#at = 0;
  }

  next(): string | undefined {
    return this.#sweep[this.#at++];
  }

  /** Puts `key`, which comes after the one at work, into the sweep under way. */
  addToSweep(key: string): void {
    let low = this.#at;
    let high = this.#sweep.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareKeys(this.#sweep[middle] ?? '', key) < 0) low = middle + 1;
      else high = middle;
    }
    if (this.#sweep[low] !== key) this.#sweep.splice(low, 0, key);
  }
}
