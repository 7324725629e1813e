import { type FSWatcher, watch } from 'node:fs';
import { dirname } from 'node:path';
import { manifestText } from './standalone/manifest-text.ts';

/** Files are written in several steps; what happens within this time is one change. */
const QUIET_MS = 100;
/** Where the system tells nothing (network file systems, a folder that was replaced), so often it is looked, in milliseconds. */
const LOOK_MS = 5_000;

export interface ConfigurationFileOptions {
  readonly path: string;
  /** The text that is in use. */
  readonly text: string;
  /** Told of each other text, and (undefined) when it cannot be read. */
  readonly onText: (text: string | undefined, why: string) => Promise<void> | void;
}

/**
 * Follows the content of one file. A mounted ConfigMap changes by a link beside the file, so that any event of its folder is a reason to read,
 * and only another text is a reason to speak.
 */
export class ConfigurationFile {
  readonly #options: ConfigurationFileOptions;
  readonly #timer: NodeJS.Timeout;
  #watcher: FSWatcher | undefined;
  #quiet: NodeJS.Timeout | undefined;
  #text: string | undefined;
  #reading: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: ConfigurationFileOptions) {
    this.#options = options;
    this.#text = options.text;
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
    this.#follow();
    this.#lookSoon();
  }

  /** Resolves when nothing of it runs any more. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    clearTimeout(this.#quiet);
    this.#watcher?.close();
    await this.#reading;
  }

  #follow(): void {
    try {
      this.#watcher = watch(dirname(this.#options.path), () => this.#lookSoon());
      // The timer goes on looking.
      this.#watcher.on('error', () => this.#watcher?.close());
    } catch {
      // The timer looks.
    }
  }

  /** Not in the midst of its being written. */
  #lookSoon(): void {
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => this.#look(), QUIET_MS);
  }

  #look(): void {
    this.#reading = this.#reading.then(() => this.#read());
  }

  async #read(): Promise<void> {
    if (this.#closed) return;
    let why = '';
    const text = await manifestText(this.#options.path).catch((error: unknown) => {
      why = String(error);
      return undefined;
    });
    if (text === this.#text || this.#closed) return;
    this.#text = text;
    await this.#options.onText(text, why);
  }
}
