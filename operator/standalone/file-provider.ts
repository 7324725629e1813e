import { setTimeout as sleep } from 'node:timers/promises';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { objectKey } from '../../translators/ir/object-key.ts';
import type { FileProblem } from './file-problem.ts';
import { problemId } from './file-problem.ts';
import { FileWatch } from './file-watch.ts';
import type { FileState } from './manifest-file.ts';
import { ManifestFile } from './manifest-file.ts';
import { manifestText } from './manifest-text.ts';
import { ObjectCatalog } from './object-catalog.ts';
import { errorCode, errorText, readErrorText } from './system-error.ts';

/** An object by kind and `<ns>/<name>` or `<name>`. */
export interface ObjectId {
  readonly kind: string;
  readonly key: string;
}

/** What an edit of the files means. */
export interface FileChange {
  /** Admitted and defaulted, new or changed. */
  readonly puts: readonly KubernetesObject[];
  readonly removes: readonly ObjectId[];
  /** What is wrong in the files of this change, and what it made wrong in others. */
  readonly errors: readonly FileProblem[];
  /** What was reported as an error and is none any more. */
  readonly mended: readonly FileProblem[];
}

export interface FileProviderOptions {
  /** Files, and folders that are read one level deep for *.yaml, *.yml and *.json. */
  readonly paths: readonly string[];
  /** Called once by `start` with everything, then for each change that means anything. Never at the same time twice. */
  readonly onChange: (change: FileChange) => void;
  /** The files can no longer be watched, or a bug kept a change from being taken in. */
  readonly onFailure: (why: string) => void;
}

/**
 * Objects from YAML files, watched. What is wrong in them is reported and costs nothing else: a file that does not parse keeps its last good
 * objects, an invalid object keeps its own last good version.
 */
export class FileProvider {
  readonly #options: FileProviderOptions;
  readonly #catalog = new ObjectCatalog();
  readonly #files = new Map<string, ManifestFile>();
  #reported = new Map<string, FileProblem>();
  #watch: FileWatch | undefined;
  #queue: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: FileProviderOptions) {
    this.#options = options;
  }

  /** All that is wrong now. */
  problems(): readonly FileProblem[] {
    return this.#catalog.problems();
  }

  /** The objects in use, in no order. */
  objects(): Iterable<KubernetesObject> {
    return this.#catalog.objects();
  }

  /** Reads everything, tells it in one change and watches from then on. Rejects where a path does not exist. */
  async start(): Promise<void> {
    this.#watch = await FileWatch.open(this.#options.paths, {
      changed: (files) => this.#enqueue(files),
      failed: this.#options.onFailure,
    });
    const files = await this.#watch.files();
    this.#enqueue(new Set(files), true);
    await this.#queue;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#watch?.close();
    await this.#queue;
  }

  #enqueue(files: ReadonlySet<string>, always = false): void {
    const failed = (error: unknown): void => this.#options.onFailure(errorText(error));
    this.#queue = this.#queue.then(() => this.#load(files, always)).catch(failed);
  }

  async #load(files: ReadonlySet<string>, always: boolean): Promise<void> {
    const states = new Map<string, FileState | undefined>();
    for (const file of files) await this.#read(file, states);
    if (this.#closed) return;
    const { puts, removes } = this.#catalog.update(states);
    const { errors, mended } = this.#compare(states);
    if (!always && puts.length + removes.length + errors.length + mended.length === 0) return;
    this.#options.onChange({
      puts,
      removes: removes.map((object) => ({ kind: object.kind, key: objectKey(object) })),
      errors,
      mended,
    });
  }

  /** Notes in `states` what became of the file; nothing where it says the same as before. */
  async #read(path: string, states: Map<string, FileState | undefined>): Promise<void> {
    const file = this.#files.get(path) ?? new ManifestFile(path);
    this.#files.set(path, file);
    const { text, error } = await readWritten(path, file.state.entries.length > 0);
    if (text !== undefined) {
      if (!file.says(text)) states.set(path, file.update(text));
    } else if (errorCode(error) === 'ENOENT') {
      states.set(path, undefined);
      this.#files.delete(path);
    } else states.set(path, file.unreadable(`cannot be read (${readErrorText(error)}). Check what it is and its permissions.`));
  }

  #compare(states: ReadonlyMap<string, unknown>): Pick<FileChange, 'errors' | 'mended'> {
    const current = this.#catalog.problems();
    const before = this.#reported;
    this.#reported = new Map(current.map((problem) => [problemId(problem), problem]));
    return {
      errors: current.filter((problem) => states.has(problem.file) || !before.has(problemId(problem))),
      mended: [...before].filter(([id]) => !this.#reported.has(id)).map(([, problem]) => problem),
    };
  }
}

/** Whoever saves a file may cut it off long before writing it anew, on a busy machine: a file that became empty is looked at again before that counts. */
const EMPTY_MS = 200;

async function readWritten(path: string, hadObjects: boolean): ReturnType<typeof readText> {
  const read = await readText(path);
  if (read.text !== '' || !hadObjects) return read;
  await sleep(EMPTY_MS);
  return await readText(path);
}

/** The text of a file, or what kept it from being read. */
async function readText(path: string): Promise<{ readonly text?: string; readonly error?: unknown }> {
  try {
    return { text: await manifestText(path) };
  } catch (error) {
    return { error };
  }
}
