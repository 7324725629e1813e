import type { WriteProblem } from './write-problem.ts';

/** Failures in a row after which what usually passes is told all the same. */
const PATIENCE = 3;

/** What is wrong with the objects of a fleet, as far as a person has to know. What passes by itself is told only when it lasts. */
export class FleetTrouble {
  #failures = 0;
  #message: string | undefined;

  get message(): string | undefined {
    return this.#message;
  }

  /** Takes in what one comparison found. Answers whether there is something else to tell than before. */
  found(problems: readonly WriteProblem[]): boolean {
    this.#failures = problems.length === 0 ? 0 : this.#failures + 1;
    const told = problems.filter(({ passing }) => !passing || this.#failures >= PATIENCE).map(({ message }) => message);
    const before = this.#message;
    this.#message = told.length === 0 ? undefined : [...new Set(told)].join(' ');
    return this.#message !== before;
  }

  clear(): void {
    this.#failures = 0;
    this.#message = undefined;
  }
}
