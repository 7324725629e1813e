import type { KubernetesObject } from '../../crds/object-meta.ts';
import type { FileProblem } from './file-problem.ts';
import { shortPath } from './file-problem.ts';
import type { Entry, FileState } from './manifest-file.ts';

/** What a change of files did to the objects. */
export interface CatalogChange {
  readonly puts: readonly KubernetesObject[];
  /** The objects as they were. */
  readonly removes: readonly KubernetesObject[];
}

interface Claim {
  readonly file: string;
  readonly entry: Entry;
}

interface KnownFile {
  readonly problems: readonly FileProblem[];
  readonly entries: ReadonlyMap<string, readonly Entry[]>;
}

/**
 * The objects of all files together. Where several documents name one object, the first in order of file names, then of lines, is the
 * object; the others are problems. A change costs what its file holds.
 */
export class ObjectCatalog {
  readonly #files = new Map<string, KnownFile>();
  /** By object id: the files that name it. */
  readonly #claims = new Map<string, Set<string>>();
  readonly #objects = new Map<string, KubernetesObject>();
  readonly #duplicates = new Map<string, readonly FileProblem[]>();

  /** The objects in use, in no order. */
  objects(): Iterable<KubernetesObject> {
    return this.#objects.values();
  }

  /** All that is wrong now, in order of files and lines. */
  problems(): readonly FileProblem[] {
    const all = [...[...this.#files.values()].flatMap(({ problems }) => problems), ...[...this.#duplicates.values()].flat()];
    return all.sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
  }

  /** `states` by file; undefined: the file is gone. */
  update(states: ReadonlyMap<string, FileState | undefined>): CatalogChange {
    const touched = new Set<string>();
    for (const [file, state] of states) this.#replace(file, state, touched);
    const puts: KubernetesObject[] = [];
    const removes: KubernetesObject[] = [];
    for (const id of [...touched].sort()) {
      const before = this.#objects.get(id);
      const next = this.#decide(id);
      if (next === before) continue;
      if (next !== undefined) puts.push(next);
      else if (before !== undefined) removes.push(before);
    }
    return { puts, removes };
  }

  #replace(file: string, state: FileState | undefined, touched: Set<string>): void {
    for (const id of this.#files.get(file)?.entries.keys() ?? []) {
      touched.add(id);
      this.#claims.get(id)?.delete(file);
    }
    this.#files.delete(file);
    if (state === undefined) return;
    const entries = Map.groupBy(state.entries, ({ id }) => id);
    this.#files.set(file, { problems: state.problems, entries });
    for (const id of entries.keys()) {
      touched.add(id);
      this.#claims.set(id, (this.#claims.get(id) ?? new Set()).add(file));
    }
  }

  #decide(id: string): KubernetesObject | undefined {
    const files = [...(this.#claims.get(id) ?? [])].sort();
    const claims = files.flatMap((file) => (this.#files.get(file)?.entries.get(id) ?? []).map((entry): Claim => ({ file, entry })));
    const [first, ...later] = claims;
    const object = first?.entry.object;
    if (first === undefined) this.#claims.delete(id);
    if (object === undefined) this.#objects.delete(id);
    else this.#objects.set(id, object);
    if (first === undefined || later.length === 0) this.#duplicates.delete(id);
    else
      this.#duplicates.set(
        id,
        later.map((claim) => duplicate(id, claim, first)),
      );
    return object;
  }
}

function placeOf({ file, entry: { line } }: Claim): string {
  const path = shortPath(file, process.cwd());
  return line === undefined ? path : `${path}:${line}`;
}

const duplicate = (id: string, claim: Claim, first: Claim): FileProblem => ({
  file: claim.file,
  line: claim.entry.line ?? 1,
  object: id,
  path: 'metadata.name',
  message: `is there already at ${placeOf(first)}, which is the one in use. Rename or remove one of the two.`,
});
