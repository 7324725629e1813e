import type { Readable } from 'node:stream';
import type { KubernetesObject } from '../crds/object-meta.ts';
import type { FileProblem } from '../operator/standalone/file-problem.ts';
import { shortPath } from '../operator/standalone/file-problem.ts';
import type { Entry } from '../operator/standalone/manifest-file.ts';
import { ManifestFile } from '../operator/standalone/manifest-file.ts';
import { manifestTexts } from './manifest-texts.ts';

/** What was read once, in input order. */
export interface Input {
  readonly objects: readonly KubernetesObject[];
  readonly problems: readonly FileProblem[];
}

interface Collected {
  readonly objects: KubernetesObject[];
  readonly problems: FileProblem[];
  readonly seen: Map<string, string>;
}

/** The first document for an object wins. */
function collect(into: Collected, file: string, { id, object, line = 1 }: Entry): void {
  const first = into.seen.get(id);
  if (first !== undefined) {
    const message = `is there already at ${first}, which is the one in use. Rename or remove one of the two.`;
    into.problems.push({ file, line, object: id, path: 'metadata.name', message });
    return;
  }
  into.seen.set(id, `${shortPath(file, process.cwd())}:${line}`);
  if (object !== undefined) into.objects.push(object);
}

/**
 * Reads objects of the kinds that Gatehouse knows once, admitted and defaulted. What is wrong is in `problems` and costs nothing but itself.
 * `paths` as for `manifestTexts`.
 */
export async function readInput(paths: readonly string[], stdin: Readable): Promise<Input> {
  const into: Collected = { objects: [], problems: [], seen: new Map() };
  for await (const read of manifestTexts(paths, stdin)) {
    if ('problem' in read) into.problems.push(read.problem);
    else {
      const { entries, problems } = new ManifestFile(read.file).update(read.text);
      into.problems.push(...problems);
      for (const entry of entries) collect(into, read.file, entry);
    }
  }
  return into;
}
