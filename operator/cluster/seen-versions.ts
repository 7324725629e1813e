import type { ObjectKey } from './resource-kind.ts';

/**
 * Orders two resource versions of one kind: negative where `a` is older. They are decimal numbers of any length (KEP-5504); where one is not,
 * nothing can be said and `b` counts as older.
 */
export const compareVersions = (a: string, b: string): number => {
  if (a === b) return 0;
  if (!DECIMAL.test(a) || !DECIMAL.test(b)) return 1;
  return a.length - b.length || (a < b ? -1 : 1);
};

const DECIMAL = /^(0|[1-9][0-9]*)$/;

/** Which objects of a kind have been seen, and how new: finds out what is old news, and what went away while nobody looked. */
export class SeenVersions {
  readonly #known = new Map<ObjectKey, string>();
  #listed: Set<ObjectKey> | undefined;

  get size(): number {
    return this.#known.size;
  }

  has(key: ObjectKey): boolean {
    return this.#known.has(key);
  }

  /** From now until `endList` it is written down what is there. An unfinished list is forgotten. */
  startList(): void {
    this.#listed = new Set();
  }

  /** The keys that were known before and were not in the list. They are forgotten. */
  endList(): ObjectKey[] {
    const listed = this.#listed ?? new Set();
    this.#listed = undefined;
    const gone = [...this.#known.keys()].filter((key) => !listed.has(key));
    for (const key of gone) this.#known.delete(key);
    return gone;
  }

  /** False: that version, or a newer one, has been seen. */
  put(key: ObjectKey, version: string): boolean {
    this.#listed?.add(key);
    const known = this.#known.get(key);
    if (known !== undefined && compareVersions(version, known) <= 0) return false;
    this.#known.set(key, version);
    return true;
  }

  /** For an object that was asked for again: also true for the version that is known, false for older ones and for objects that are gone. */
  putAgain(key: ObjectKey, version: string): boolean {
    const known = this.#known.get(key);
    if (known === undefined || compareVersions(version, known) < 0) return false;
    this.#known.set(key, version);
    return true;
  }

  /** False: it is not known, or something newer of that name is. */
  remove(key: ObjectKey, version: string): boolean {
    const known = this.#known.get(key);
    if (known === undefined || compareVersions(version, known) < 0) return false;
    this.#listed?.delete(key);
    return this.#known.delete(key);
  }
}
