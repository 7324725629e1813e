import { InvalidArgumentError, Option } from 'commander';
import { durationMs, WHAT_A_DURATION_IS } from './duration.ts';

/** A port number; 0 where any free one will do. */
export function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535)
    throw new InvalidArgumentError('A port is a whole number from 0 to 65535; 0 takes any free one.');
  return port;
}

export const portOption = (name: string, what: string, port: number): Option =>
  new Option(`--${name}-port <port>`, `${what}; 0 takes any free one`).argParser(parsePort).default(port);

/** `500ms`, `10s` or `1m`, in milliseconds. */
export function parseDuration(text: string): number {
  const ms = durationMs(text);
  if (ms === undefined) throw new InvalidArgumentError(`${WHAT_A_DURATION_IS.replace(/^a/, 'A')}.`);
  return ms;
}
