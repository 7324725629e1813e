import type { Source } from './collection.ts';
import type { Containment } from './containment.ts';
import type { Site } from './table.ts';
import { Table } from './table.ts';

/** A table that the outside fills. Puts wait until a settle takes them in; until then the table answers as it was. */
export class StagedSource<T> extends Table<T> implements Source<T> {
  readonly #contained: Containment;
  #staged = new Map<string, T | undefined>();

  constructor(site: Site, contained: Containment, equals: (a: T, b: T) => boolean) {
    super(site, equals);
    this.#contained = contained;
  }

  get staged(): boolean {
    return this.#staged.size > 0;
  }

  put(key: string, value: T | undefined): void {
    this.#staged.set(key, value);
  }

  /** In key order, so that all that is built on it grows in key order too, which is the cheap way. */
  takeIn(): void {
    const staged = this.#staged;
    this.#staged = new Map();
    for (const key of [...staged.keys()].sort()) this.#take(key, staged.get(key));
  }

  #take(key: string, value: T | undefined): void {
    this.write(key, value === undefined ? undefined : this.#cutOff(key, value));
  }

  /** Input must not be lost to an `equals` that throws: what cannot be compared counts as changed. */
  #cutOff(key: string, value: T): T {
    try {
      const settled = this.settled(key, value);
      this.#contained.lift(key);
      return settled;
    } catch (error) {
      this.#contained.fail(key, error, false);
      return value;
    }
  }
}
