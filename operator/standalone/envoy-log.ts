import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { getSystemErrorMessage } from 'node:util';
import type { Logger } from 'winston';

/** How Envoy is told to write its log (spdlog): level, component and message, without the time, which our own line has. */
export const ENVOY_LOG_FORMAT = '%l|%n|%v';
/** As many lines as an error can show. */
const LAST_LINES = 5;
const LEVELS: Readonly<Record<string, 'debug' | 'info' | 'warn' | 'error'>> = {
  trace: 'debug',
  debug: 'debug',
  info: 'info',
  warning: 'warn',
  warn: 'warn',
  error: 'error',
  critical: 'error',
};

interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly component: string;
  readonly message: string;
}

/** A listener that Envoy took and dropped again: it could not be listened on, which Envoy finds out after it has ACKed it. */
export interface DroppedListener {
  readonly listener: string;
  /** Envoy's words, and those of the system. */
  readonly message: string;
}

/** As Envoy 1.40 says it (ListenerManagerImpl::doFinalPreWorkerListenerInit). */
const DROPPED = /^final pre-worker listener init for listener '(.*)' failed: (.*)$/;

/** Undefined: the message is about something else. */
export function droppedListener(message: string): DroppedListener | undefined {
  const [, listener, why] = DROPPED.exec(message) ?? [];
  return listener === undefined || why === undefined ? undefined : { listener, message: withSystemWords(why) };
}

/** `errno=98` says little to a person. */
function withSystemWords(message: string): string {
  const errno = Number(/errno=(\d+)/.exec(message)?.[1] ?? 0);
  return errno === 0 ? message : `${message} (${getSystemErrorMessage(-errno)})`;
}

/** One line may hold an escaped text of several. */
const unescaped = (text: string): string => text.replaceAll(/\\n\s*/g, ' ').replaceAll(/\\(['"\\])/g, '$1');

/** Undefined: not in Envoy's format (a crash, the dynamic linker, or what was logged just before once more). */
export function parseLogLine(line: string): LogLine | undefined {
  const [, name = '', component = '', message = ''] = /^(\w+)\|([\w ]+)\|(.*)$/.exec(line) ?? [];
  const level = LEVELS[name];
  return level === undefined ? undefined : { level, component, message: unescaped(message).trim() };
}

/** Passes a proxy's log on and remembers the last errors. */
export class EnvoyLog {
  readonly #logger: Logger;
  readonly #fleet: string;
  readonly #onDropped: (dropped: DroppedListener) => void;
  #ending = false;
  #errors: readonly string[] = [];
  #others: readonly string[] = [];

  constructor(logger: Logger, fleet: string, onDropped: (dropped: DroppedListener) => void) {
    this.#logger = logger;
    this.#fleet = fleet;
    this.#onDropped = onDropped;
  }

  /** `stdout` carries the access log (contract D.8), `stderr` what Envoy says of itself. */
  follow(stdout: Readable, stderr: Readable): void {
    createInterface({ input: stdout }).on('line', (line) => this.#logger.info(line, { fleet: this.#fleet, stream: 'access' }));
    createInterface({ input: stderr }).on('line', (line) => this.#take(line));
  }

  #take(line: string): void {
    const parsed = parseLogLine(line);
    if (parsed === undefined) {
      this.#others = [...this.#others, line].slice(-LAST_LINES);
      this.#logger.warn(line, { fleet: this.#fleet });
      return;
    }
    if (parsed.level === 'error') this.#errors = [...this.#errors, parsed.message].slice(-LAST_LINES);
    const dropped = droppedListener(parsed.message);
    if (dropped !== undefined) this.#onDropped(dropped);
    this.#logger.log(this.#ending ? 'debug' : parsed.level, parsed.message, { fleet: this.#fleet, component: parsed.component });
  }

  /** We are ending it: what it says of that is no news. */
  ending(): void {
    this.#ending = true;
  }

  forget(): void {
    this.#errors = [];
    this.#others = [];
  }

  /** The last errors of this life, or what came in no known form. */
  lastWords(): string {
    return (this.#errors.length > 0 ? this.#errors : this.#others).join(' / ');
  }
}
