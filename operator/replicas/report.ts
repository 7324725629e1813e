import type { RefusedResource } from '../../translators/inputs.ts';
import type { ProxyStanding } from '../proxy-standing.ts';
import type { QuarantineVerdict } from '../quarantine-register.ts';

/**
 * What a replica tells the leader: JSON, since both ends are ours, messages are small and few (only what changed), and a field more or less between two
 * releases hurts nobody. A message without content is a sign of life.
 */
export interface Report {
  /** Who speaks: the identity in the election. */
  readonly replica: string;
  /** The first message of a stream: what it does not name is not there. */
  readonly whole?: boolean;
  /** By fleet, all of its proxies that are connected to the replica; none: the fleet has none there any more. */
  readonly fleets?: Readonly<Record<string, readonly ProxyStanding[]>>;
  /** All that the replica's proxies made it put away; absent: as before. */
  readonly verdicts?: readonly QuarantineVerdict[];
  /** The last message: the replica ends in order. */
  readonly bye?: boolean;
}

export const encodeReport = (report: Report): Buffer => Buffer.from(JSON.stringify(report));

/** Throws an Error that says what is wrong. Unknown fields are let pass. */
export function decodeReport(bytes: Buffer): Report {
  const read = record(JSON.parse(bytes.toString('utf8')), 'report');
  const { whole, bye, fleets, verdicts } = read;
  return {
    replica: text(read['replica'], 'replica'),
    whole: whole === true,
    bye: bye === true,
    ...(fleets === undefined ? {} : { fleets: fleetsOf(record(fleets, 'fleets')) }),
    ...(verdicts === undefined ? {} : { verdicts: list(verdicts, 'verdicts').map(verdictOf) }),
  };
}

type Fields = Readonly<Record<string, unknown>>;

const fleetsOf = (fleets: Fields): Readonly<Record<string, readonly ProxyStanding[]>> =>
  Object.fromEntries(Object.entries(fleets).map(([fleet, standings]) => [fleet, list(standings, fleet).map(standingOf)]));

const standingOf = (value: unknown): ProxyStanding => {
  const { node, served, lagging, refused } = record(value, 'standing');
  return {
    node: text(node, 'node'),
    served: served === true,
    lagging: lagging === true,
    refused: list(refused, 'refused').map(refusedOf),
  };
};

const refusedOf = (value: unknown): RefusedResource => {
  const { type, name, message } = record(value, 'refused');
  return { type: text(type, 'type'), name: text(name, 'name'), message: text(message, 'message') };
};

const verdictOf = (value: unknown): QuarantineVerdict => {
  const { hash, envoyVersion, message } = record(value, 'verdict');
  return { hash: text(hash, 'hash'), envoyVersion: text(envoyVersion, 'envoyVersion'), message: text(message, 'message') };
};

function record(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${what} is no object`);
  // An object of parsed JSON has no other keys.
  return value as Fields;
}

function list(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error(`${what} is no list`);
  return value;
}

function text(value: unknown, what: string): string {
  if (typeof value !== 'string') throw new Error(`${what} is no text`);
  return value;
}
