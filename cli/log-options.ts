import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import type { LogComponent, Logging, LoggingOptions, LogLevel } from '../operator/logging.ts';
import { createLogging, LOG_COMPONENTS, LOG_LEVELS } from '../operator/logging.ts';
import { wantsColor } from '../operator/standalone/display.ts';
import type { Session } from './session.ts';

export type LogLevels = LoggingOptions['levels'];

export interface LogFlags {
  readonly logLevel?: LogLevels;
  readonly logFormat?: 'text' | 'json';
}

const isLevel = (text: string): text is LogLevel => LOG_LEVELS.some((level) => level === text);
const isComponent = (text: string): text is LogComponent => LOG_COMPONENTS.some((component) => component === text);

function parseEntry(entry: string): readonly [LogComponent, LogLevel] {
  const [first = '', second] = entry.trim().split(':');
  const [component, level] = second === undefined ? ['default', first] : [first, second];
  if (!isComponent(component))
    throw new InvalidArgumentError(`There is no component ${component || '""'}. Known: ${LOG_COMPONENTS.join(', ')}.`);
  if (!isLevel(level)) throw new InvalidArgumentError(`There is no level ${level || '""'}. Known: ${LOG_LEVELS.join(', ')}.`);
  return [component, level];
}

/** `warn` or `warn,xds-server:debug` */
export const parseLogLevels = (text: string): LogLevels => Object.fromEntries(text.split(',').map(parseEntry));

/** Adds `--log-level` and `--log-format`, which every verb has. Without a default the verb itself knows where to look. */
export function addLogOptions(command: Command, defaultLevel?: LogLevel): Command {
  const level = new Option('--log-level <level>', `${LOG_LEVELS.join(', ')}; for one component: <component>:<level>, several with commas`);
  const format = new Option('--log-format <format>', 'how log lines look').choices(['text', 'json']);
  level.argParser(parseLogLevels);
  return defaultLevel === undefined
    ? command
        .addOption(level.default(undefined, 'as configured, else info'))
        .addOption(format.default(undefined, 'as configured, else text'))
    : command.addOption(level.default({ default: defaultLevel }, defaultLevel)).addOption(format.default('text'));
}

/** A log on standard error, as the flags have it. */
export function loggingOf({ logLevel = {}, logFormat = 'text' }: LogFlags, { stderr, environment }: Session): Logging {
  return createLogging({ encoder: logFormat === 'json' ? 'JSON' : 'Text', levels: logLevel, color: wantsColor(stderr, environment) });
}
