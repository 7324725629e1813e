import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
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

/** What is not in Envoy's format (a crash, the dynamic linker) is an error in its own words. */
export function parseLogLine(line: string): LogLine {
  const [, level = '', component = '', message = ''] = /^(\w+)\|([\w ]+)\|(.*)$/.exec(line) ?? [];
  const known = LEVELS[level];
  return known === undefined ? { level: 'error', component: 'envoy', message: line } : { level: known, component, message };
}

/** Passes a proxy's log on and remembers its last warnings and errors. */
export class EnvoyLog {
  readonly #logger: Logger;
  readonly #fleet: string;
  #last: readonly LogLine[] = [];

  constructor(logger: Logger, fleet: string) {
    this.#logger = logger;
    this.#fleet = fleet;
  }

  /** `stdout` carries the access log (contract D.8), `stderr` what Envoy says of itself. */
  follow(stdout: Readable, stderr: Readable): void {
    createInterface({ input: stdout }).on('line', (line) => this.#logger.info(line, { fleet: this.#fleet, stream: 'access' }));
    createInterface({ input: stderr }).on('line', (line) => {
      const parsed = parseLogLine(line);
      if (parsed.message.trim() === '') return;
      this.#last = [...this.#last, parsed].slice(-LAST_LINES);
      this.#logger.log(parsed.level, parsed.message, { fleet: this.#fleet, component: parsed.component });
    });
  }

  forget(): void {
    this.#last = [];
  }

  /** What Envoy said last, the bad of it where there is some. */
  lastWords(): string {
    const bad = this.#last.filter(({ level }) => level === 'error' || level === 'warn');
    return (bad.length > 0 ? bad : this.#last).map(({ message }) => message).join(' / ');
  }
}
