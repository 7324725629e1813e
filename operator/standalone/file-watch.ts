import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { FSWatcher } from 'chokidar';
import { watch } from 'chokidar';
import { errorCode, errorText, readErrorText } from './system-error.ts';

/** Files that a folder is read for; folders in it are not entered. */
const MANIFEST = /\.(ya?ml|json)$/i;
/** Editors write a file in several steps (truncate and write, or rename twice): what happens within this time is one change. */
const QUIET_MS = 50;
/** How often it is looked whether a folder is another one now: a watch stays with the old one and tells nothing. */
const LOOK_MS = 500;

/** A path that was asked for and what it is. */
interface Root {
  readonly path: string;
  readonly isFolder: boolean;
}

/** Whether a folder is read for a file of this name. */
export const isManifest = (name: string): boolean => MANIFEST.test(name) && !name.startsWith('.');

async function rootOf(path: string): Promise<Root> {
  const absolute = resolve(path);
  try {
    return { path: absolute, isFolder: (await stat(absolute)).isDirectory() };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') throw new Error(`${path}: there is no such file or folder. Check the path.`);
    throw new Error(`${path}: cannot be read (${readErrorText(error)}). Check what it is and its permissions.`);
  }
}

/** A file is watched through its folder: editors replace files, and a watch on the old one would see nothing of the new. */
const folderOf = (root: Root): string => (root.isFolder ? root.path : dirname(root.path));

/** Tells a folder from another that took its place; undefined: there is none. */
const identityOf = async (folder: string): Promise<string | undefined> => {
  const found = await stat(folder).catch(() => undefined);
  return found?.isDirectory() ? `${found.dev}:${found.ino}` : undefined;
};

async function manifestsIn(root: Root): Promise<readonly string[]> {
  if (!root.isFolder) return [root.path];
  const names = await readdir(root.path).catch(() => []);
  return names.filter(isManifest).map((name) => join(root.path, name));
}

/** The files and folders that were asked for, and word of what changes in them. */
export class FileWatch {
  readonly #roots: readonly Root[];
  readonly #changed: (files: ReadonlySet<string>) => void;
  readonly #failed: (why: string) => void;
  #watcher: FSWatcher | undefined;
  #pending = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #look: NodeJS.Timeout | undefined;
  #identities = new Map<string, string | undefined>();

  private constructor(roots: readonly Root[], changed: (files: ReadonlySet<string>) => void, failed: (why: string) => void) {
    this.#roots = roots;
    this.#changed = changed;
    this.#failed = failed;
  }

  /**
   * Watches `paths`; `changed` gets the absolute paths of files that came, went or may hold something new, some 50 ms after it calmed down.
   * Rejects where a path does not exist, with its name and the cure.
   */
  static async open(
    paths: readonly string[],
    on: { readonly changed: (files: ReadonlySet<string>) => void; readonly failed: (why: string) => void },
  ): Promise<FileWatch> {
    const opened = new FileWatch(await Promise.all(paths.map(rootOf)), on.changed, on.failed);
    opened.#identities = await opened.#identify();
    await opened.#start();
    opened.#lookLater();
    return opened;
  }

  /** The files there are now, sorted, each once. */
  async files(): Promise<readonly string[]> {
    const found = await Promise.all(this.#roots.map(manifestsIn));
    return [...new Set(found.flat())].sort();
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    clearTimeout(this.#look);
    this.#look = undefined;
    await this.#watcher?.close();
  }

  #start(): Promise<void> {
    const watcher = watch([...this.#identities.keys()], { depth: 0, ignoreInitial: true, ignored: (path) => !this.#isOurs(path) });
    this.#watcher = watcher;
    watcher.on('all', (event, path) => {
      // The watch is over, even if the very same folder is back before it is looked for.
      if (event === 'unlinkDir') this.#identities.set(path, undefined);
      this.#note(path);
    });
    // A circle of links is told by who reads the file.
    watcher.on('error', (error) => (errorCode(error) === 'ELOOP' ? undefined : this.#failed(errorText(error))));
    return new Promise((done) => {
      watcher.once('ready', () => done());
    });
  }

  async #identify(): Promise<Map<string, string | undefined>> {
    const folders = [...new Set(this.#roots.map(folderOf))];
    return new Map(await Promise.all(folders.map(async (folder) => [folder, await identityOf(folder)] as const)));
  }

  #lookLater(): void {
    this.#look = setTimeout(() => {
      this.#watchOthers().catch((error: unknown) => this.#failed(errorText(error)));
    }, LOOK_MS);
  }

  /** Where a folder is another one (moved away and back, another branch checked out, made anew by a build), that one is watched. */
  async #watchOthers(): Promise<void> {
    const before = this.#identities;
    const now = await this.#identify();
    const others = [...now].filter(([folder, identity]) => identity !== before.get(folder)).map(([folder]) => folder);
    if (this.#look === undefined) return;
    this.#identities = now;
    if (others.length > 0) {
      await this.#watcher?.close();
      await this.#start();
      for (const folder of others) this.#note(folder);
    }
    if (this.#look === undefined) await this.#watcher?.close();
    else this.#lookLater();
  }

  #isOurs(path: string): boolean {
    return this.#roots.some((root) =>
      root.isFolder
        ? path === root.path || (dirname(path) === root.path && isManifest(basename(path)))
        : path === root.path || path === dirname(root.path),
    );
  }

  #note(path: string): void {
    this.#pending.add(path);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#flush().catch((error: unknown) => this.#failed(errorText(error)));
    }, QUIET_MS);
  }

  async #flush(): Promise<void> {
    const paths = this.#pending;
    this.#pending = new Set();
    const touched = this.#roots.filter((root) => paths.has(folderOf(root)));
    for (const root of touched) paths.delete(folderOf(root));
    // A folder that came or went stands for its files.
    for (const root of touched) for (const file of await manifestsIn(root)) paths.add(file);
    this.#changed(paths);
  }
}
