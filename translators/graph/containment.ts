import type { Fault } from './collection.ts';
import type { Table } from './table.ts';

/** How often a node has run and how many of those runs failed, since the graph was made. */
export interface Counter {
  runs: number;
  faults: number;
}

/** The faults of one node: set when the work on an input fails, lifted when it succeeds or the input goes. */
export class Containment {
  readonly counter: Counter = { runs: 0, faults: 0 };
  readonly #name: string;
  readonly #faults: Table<Fault>;
  readonly #broken = new Set<string>();

  constructor(name: string, faults: Table<Fault>) {
    this.#name = name;
    this.#faults = faults;
  }

  /** `kept`: whether the last good outputs are still in place. */
  fail(input: string, error: unknown, kept: boolean): void {
    this.counter.faults++;
    // A node that works on faults and fails on one of its own would breed them without end.
    if (input.startsWith(`${this.#name}|`) && this.#faults.has(input)) return;
    this.#broken.add(input);
    const key = faultKey(this.#name, input);
    this.#faults.write(key, this.#faults.settled(key, { derivation: this.#name, input, message: messageOf(error), kept }));
  }

  lift(input: string): void {
    if (this.#broken.delete(input)) this.#faults.write(faultKey(this.#name, input), undefined);
  }
}

/** Names hold no '|', so the key is unambiguous whatever the input's key holds. */
function faultKey(derivation: string, input: string): string {
  return `${derivation}|${input}`;
}

function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message;
  return typeof error === 'string' ? error : `something that is no Error was thrown: ${Object.prototype.toString.call(error)}`;
}
