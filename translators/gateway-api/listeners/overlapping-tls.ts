import type { Collection, Fetch } from '../../graph/collection.ts';
import type { Graph } from '../../graph/graph.ts';
import { portKey } from '../../ir/transport.ts';
import { owningHosts, parentDomains } from '../hostname.ts';
import type { ListenerCertificates } from './listener-certificates.ts';
import type { PortVerdict } from './listener-conflicts.ts';
import { compareRanks, type ListenerRank } from './listener-rank.ts';
import { type GatewayListener, terminatesTls } from './listeners.ts';

/** Listeners for whose hosts a client may use one connection although each has TLS of its own (ListenerConditionOverlappingTLSConfig). */
export interface TlsOverlap {
  readonly reason: 'OverlappingHostnames' | 'OverlappingCertificates';
  /** Names of some of the other listeners. */
  readonly others: readonly string[];
}

export interface OverlapSources {
  readonly listeners: Collection<GatewayListener>;
  readonly conflicts: Collection<PortVerdict>;
  readonly certificates: Collection<ListenerCertificates>;
}

/** So many are named. */
const MOST_NAMED = 3;

/** One of them may be the listener itself. */
const ENOUGH = MOST_NAMED + 1;

/** What a listener ends TLS for. Keyed by listener. */
interface TlsClaim {
  readonly key: string;
  readonly name: string;
  readonly rank: ListenerRank;
  readonly port: string;
  readonly hostname: string;
  /** In its certificates. */
  readonly names: readonly string[];
}

type Named = Pick<TlsClaim, 'key' | 'name'>;

/**
 * Keyed by listener; only those that overlap. A name overlaps with the same name, with those that cover it and with those that it covers; the first
 * listeners of each are looked at, so that of the listeners of a port only those run again whose first others changed.
 */
export function overlappingTls(graph: Graph, { listeners, conflicts, certificates }: OverlapSources): Collection<TlsOverlap> {
  const claims = graph.derive<GatewayListener, TlsClaim>('tlsClaims', listeners, function* (listener, fetch, key) {
    const { fleet, port, name, rank, hostname } = listener;
    if (!terminatesTls(listener) || fetch.one(conflicts, key)?.conflict !== undefined) return;
    yield [key, { key, name, rank, port: portKey(fleet, 'TCP', port), hostname, names: fetch.one(certificates, key)?.names ?? [] }];
  });
  const byName = graph.group('tlsClaimsByName', claims, { by: placesOf, orderBy: compareRanks });
  const firsts = graph.derive('tlsClaimsFirst', byName, function* ({ members }, _fetch, key): Iterable<
    readonly [string, readonly Named[]]
  > {
    yield [key, members.slice(0, ENOUGH).map(({ key, name }) => ({ key, name }))];
  });
  return graph.derive<TlsClaim, TlsOverlap>('overlappingTls', claims, function* (claim, fetch, key) {
    const certificate = othersAt(claim, claim.names.flatMap(meetingNames('certificate')), firsts, fetch);
    if (certificate.length > 0) return yield [key, { reason: 'OverlappingCertificates', others: certificate }];
    const hostname = othersAt(claim, meetingNames('host')(claim.hostname), firsts, fetch);
    if (hostname.length > 0) yield [key, { reason: 'OverlappingHostnames', others: hostname }];
  });
}

/** The names that stand for a name: itself, and those that cover it. A wildcard of a certificate covers one label. */
const COVERING = {
  host: owningHosts,
  certificate: (name: string): readonly string[] => {
    const [parent] = parentDomains(name);
    return name.startsWith('*.') || parent === undefined ? [name] : [name, `*.${parent}`];
  },
} as const;

type Sort = keyof typeof COVERING;

const at = (sort: Sort, name: string): string => `${sort}|${name}`;
const under = (sort: Sort, name: string): string => `${sort} under|${name}`;

/** Where a claim is filed: under its names, and under each that covers one of them. */
function placesOf({ port, hostname, names }: TlsClaim): readonly string[] {
  const filed = (sort: Sort, name: string): readonly string[] => {
    const [own = name, ...covering] = COVERING[sort](name);
    return [at(sort, own), ...covering.map((each) => under(sort, each))];
  };
  const places = [...filed('host', hostname), ...names.flatMap((name) => filed('certificate', name))];
  return [...new Set(places)].map((place) => `${port}|${place}`);
}

/** Where those are filed that overlap with a name. */
const meetingNames =
  (sort: Sort) =>
  (name: string): readonly string[] => [...COVERING[sort](name).map((each) => at(sort, each)), under(sort, name)];

/** Names of some other listeners. */
function othersAt(
  { key, port }: TlsClaim,
  places: readonly string[],
  firsts: Collection<readonly Named[]>,
  fetch: Fetch,
): readonly string[] {
  const found = places.flatMap((place) => fetch.one(firsts, `${port}|${place}`) ?? []).filter((other) => other.key !== key);
  return [...new Map(found.map((other) => [other.key, other.name])).values()].slice(0, MOST_NAMED);
}
