import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import type { FileProblem } from '../operator/standalone/file-problem.ts';
import { isManifest } from '../operator/standalone/file-watch.ts';
import { boundedText, manifestText, streamText } from '../operator/standalone/manifest-text.ts';
import { errorCode, readErrorText } from '../operator/standalone/system-error.ts';

/** What stands in a file, or why it cannot be read. */
export type ManifestText = { readonly file: string; readonly text: string } | { readonly file: string; readonly problem: FileProblem };

/** How standard input is called in messages. */
const STDIN = '<stdin>';

interface Source {
  readonly file: string;
  readonly text: () => Promise<string>;
}

async function sourcesAt(path: string, stdin: Readable): Promise<readonly Source[]> {
  if (path === '-') return [{ file: STDIN, text: () => streamText(stdin) }];
  const absolute = resolve(path);
  const isFolder = (await stat(absolute)).isDirectory();
  if (!isFolder) return [{ file: absolute, text: () => boundedText(absolute) }]; // may be a pipe: -f <(...)
  const files = (await readdir(absolute)).filter(isManifest).sort();
  return files.map((name) => join(absolute, name)).map((file) => ({ file, text: () => manifestText(file) }));
}

function unreadable(file: string, error: unknown): ManifestText {
  const message =
    errorCode(error) === 'ENOENT'
      ? 'there is no such file or folder. Check the path.'
      : `cannot be read: ${readErrorText(error)}. Check what it is and its permissions.`;
  return { file, problem: { file, line: 1, message } };
}

/** The texts of files, of folders (their manifests by name) and of standard input (`-`), each path once, in the given order. */
export async function* manifestTexts(paths: readonly string[], stdin: Readable): AsyncGenerator<ManifestText> {
  for (const path of new Set(paths)) {
    const name = path === '-' ? STDIN : resolve(path);
    const sources = await sourcesAt(path, stdin).catch((error: unknown) => unreadable(name, error));
    if ('file' in sources) yield sources;
    else
      for (const { file, text } of sources)
        yield await text().then(
          (read) => ({ file, text: read }),
          (error: unknown) => unreadable(file, error),
        );
  }
}
