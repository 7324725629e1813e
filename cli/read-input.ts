import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import type { KubernetesObject } from '../crds/object-meta.ts';
import type { FileProblem } from '../operator/standalone/file-problem.ts';
import { shortPath } from '../operator/standalone/file-problem.ts';
import { isManifest } from '../operator/standalone/file-watch.ts';
import type { Entry } from '../operator/standalone/manifest-file.ts';
import { ManifestFile } from '../operator/standalone/manifest-file.ts';
import { manifestText, utf8Text } from '../operator/standalone/manifest-text.ts';
import { errorCode, readErrorText } from '../operator/standalone/system-error.ts';

/** What was read once, in input order. */
export interface Input {
  readonly objects: readonly KubernetesObject[];
  readonly problems: readonly FileProblem[];
}

/** How standard input is called in messages. */
const STDIN = '<stdin>';

interface Source {
  readonly name: string;
  readonly text: () => Promise<string>;
}

async function readAll(stream: Readable): Promise<string> {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += String(chunk);
  return text;
}

async function sourcesOf(path: string, stdin: Readable): Promise<readonly Source[]> {
  if (path === '-') return [{ name: STDIN, text: () => readAll(stdin) }];
  const absolute = resolve(path);
  const isFolder = (await stat(absolute)).isDirectory();
  const names = isFolder ? (await readdir(absolute)).filter(isManifest).sort() : [];
  if (!isFolder) return [{ name: absolute, text: async () => utf8Text(await readFile(absolute)) }]; // may be a pipe: -f <(...)
  return names.map((name) => join(absolute, name)).map((name) => ({ name, text: () => manifestText(name) }));
}

const unreadable = (file: string, error: unknown): FileProblem => ({
  file,
  line: 1,
  message:
    errorCode(error) === 'ENOENT'
      ? 'there is no such file or folder. Check the path.'
      : `cannot be read: ${readErrorText(error)}. Check what it is and its permissions.`,
});

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

/** What cannot be read costs nothing but itself. */
async function readSource(into: Collected, source: Source): Promise<void> {
  try {
    const { entries, problems } = new ManifestFile(source.name).update(await source.text());
    into.problems.push(...problems);
    for (const entry of entries) collect(into, source.name, entry);
  } catch (error) {
    into.problems.push(unreadable(source.name, error));
  }
}

/** Reads files, folders (their manifests by name) and standard input (`-`) once, in the given order. What is wrong is in `problems`; the rest is there. */
export async function readInput(paths: readonly string[], stdin: Readable): Promise<Input> {
  const into: Collected = { objects: [], problems: [], seen: new Map() };
  for (const path of [...new Set(paths)]) {
    try {
      for (const source of await sourcesOf(path, stdin)) await readSource(into, source);
    } catch (error) {
      into.problems.push(unreadable(path === '-' ? STDIN : resolve(path), error));
    }
  }
  return into;
}
