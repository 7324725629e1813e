import type { Writable } from 'node:stream';
import { isNativeError } from 'node:util/types';
import pc from 'picocolors';
import type { Logger } from 'winston';
import { createLogger, format, transports } from 'winston';

/** The components of EnvoyGateway `logging.level`; `default` is the level of all that are not named. */
export const LOG_COMPONENTS = [
  'default',
  'provider',
  'gateway-api',
  'xds-translator',
  'xds-server',
  'xds',
  'infrastructure',
  'global-ratelimit',
] as const;
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;

export type LogComponent = (typeof LOG_COMPONENTS)[number];
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LoggingOptions {
  /** EnvoyGateway `logging.encoder`. Text is for people and has colour where `color` says so; JSON is one object a line. */
  readonly encoder: 'Text' | 'JSON';
  /** EnvoyGateway `logging.level`. Without `default`: info. */
  readonly levels: Readonly<Partial<Record<LogComponent, LogLevel>>>;
  /** Where lines go. Default: standard error, which leaves standard output to what was asked for. */
  readonly stream?: Writable;
  readonly color?: boolean;
}

/** Hands out one logger a component; the same one each time. */
export interface Logging {
  component(name: LogComponent): Logger;
  /** Other levels and another form for all loggers, also those that were handed out. */
  change(to: Pick<LoggingOptions, 'encoder' | 'levels'>): void;
}

const PAINT: Readonly<Record<string, (colors: ReturnType<typeof pc.createColors>, text: string) => string>> = {
  error: (colors, text) => colors.red(text),
  warn: (colors, text) => colors.yellow(text),
  info: (colors, text) => colors.green(text),
  debug: (colors, text) => colors.dim(text),
};

/** Errors have no enumerable fields: without this they would be logged as `{}`. */
function printable(value: unknown): unknown {
  return isNativeError(value) ? (value.stack ?? value.message) : value;
}

function fieldText(value: unknown): string {
  const shown = printable(value);
  if (typeof shown === 'string') return /^[\w./:@-]+$/.test(shown) ? shown : JSON.stringify(shown);
  return JSON.stringify(shown) ?? String(shown);
}

function textFormat(color: boolean): ReturnType<typeof format.printf> {
  const colors = pc.createColors(color);
  return format.printf(({ level, message, timestamp, logger, ...fields }) => {
    const paint = PAINT[level];
    const padded = level.padEnd(5);
    const rest = Object.entries(fields).map(([name, value]) => ` ${colors.dim(`${name}=`)}${fieldText(value)}`);
    return `${colors.dim(String(timestamp))} ${paint?.(colors, padded) ?? padded} ${String(logger)}: ${String(message)}${rest.join('')}`;
  });
}

const errorsAsText = format((info) => {
  for (const [name, value] of Object.entries(info)) if (isNativeError(value)) info[name] = printable(value);
  return info;
});

/** Loggers for EnvoyGateway's `logging`: one line an entry, ISO 8601 times, `logger` names the component. */
export function createLogging(options: LoggingOptions): Logging {
  const stream = options.stream ?? process.stderr;
  let { encoder, levels } = options;
  const loggers = new Map<LogComponent, Logger>();
  const shape = (): Logger['format'] => {
    const last = encoder === 'JSON' ? format.json() : textFormat(options.color ?? false);
    return format.combine(format.timestamp(), errorsAsText(), last);
  };
  const level = (name: LogComponent): LogLevel => levels[name] ?? levels.default ?? 'info';
  const make = (name: LogComponent): Logger =>
    createLogger({
      level: level(name),
      defaultMeta: { logger: name },
      format: shape(),
      transports: [new transports.Stream({ stream })],
    });
  return {
    component(name) {
      const known = loggers.get(name) ?? make(name);
      loggers.set(name, known);
      return known;
    },
    change(to) {
      ({ encoder, levels } = to);
      for (const [name, logger] of loggers) Object.assign(logger, { level: level(name), format: shape() });
    },
  };
}
