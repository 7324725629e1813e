import type { Collection, Fetch, Group } from '../../graph/collection.ts';
import type { Graph } from '../../graph/graph.ts';
import { owningHosts, parentDomains } from '../hostname.ts';
import type { ListenerCertificates } from './listener-certificates.ts';
import type { PortVerdict } from './listener-conflicts.ts';
import type { GatewayListener } from './listeners.ts';

/** Listeners for whose hosts a client may use one connection although each has TLS of its own (ListenerConditionOverlappingTLSConfig). */
export interface TlsOverlap {
  readonly reason: 'OverlappingHostnames' | 'OverlappingCertificates';
  /** Names of some of the other listeners. */
  readonly others: readonly string[];
}

export interface OverlapSources {
  readonly conflicts: Collection<PortVerdict>;
  readonly certificates: Collection<ListenerCertificates>;
}

/** So many are named. */
const MOST_NAMED = 3;

/** Keyed by listener; only those that overlap. Looks at each hostname and each name in a certificate once, however many listeners there are. */
export const overlappingTls = (
  graph: Graph,
  ports: Collection<Group<GatewayListener>>,
  { conflicts, certificates }: OverlapSources,
): Collection<TlsOverlap> =>
  graph.derive<Group<GatewayListener>, TlsOverlap>('overlappingTls', ports, function* (port, fetch) {
    const members = port.members.filter(({ key, protocol }) => protocol === 'HTTPS' && fetch.one(conflicts, key)?.conflict === undefined);
    if (members.length < 2) return;
    const byHostname = overlaps(members, ({ hostname }) => [hostname], owningHosts);
    const byCertificate = overlaps(members, (listener) => namesOf(listener, certificates, fetch), coveringNames);
    for (const { key } of members) {
      const [certificate = [], hostname = []] = [byCertificate.get(key), byHostname.get(key)];
      if (certificate.length > 0) yield [key, { reason: 'OverlappingCertificates', others: certificate }];
      else if (hostname.length > 0) yield [key, { reason: 'OverlappingHostnames', others: hostname }];
    }
  });

const namesOf = ({ key }: GatewayListener, certificates: Collection<ListenerCertificates>, fetch: Fetch): readonly string[] =>
  fetch.one(certificates, key)?.names ?? [];

/** The names that stand for a name in certificates: itself, and a wildcard in place of its first label. */
function coveringNames(name: string): readonly string[] {
  const [parent] = parentDomains(name);
  return name.startsWith('*.') || parent === undefined ? [name] : [name, `*.${parent}`];
}

/** By listener, some others of which a name covers one of its own or the other way round. */
function overlaps(
  members: readonly GatewayListener[],
  namesOf: (listener: GatewayListener) => readonly string[],
  covering: (name: string) => readonly string[],
): ReadonlyMap<string, readonly string[]> {
  const owners = ownersOf(members, namesOf);
  const found = new Map<string, Set<string>>();
  for (const [name, narrow] of owners) {
    const broad = covering(name).flatMap((each) => owners.get(each)?.slice(0, ENOUGH) ?? []);
    note(found, narrow, broad);
    note(found, broad, narrow.slice(0, ENOUGH));
  }
  return new Map([...found].map(([key, others]) => [key, [...others]]));
}

/** One of them may be the listener itself. */
const ENOUGH = MOST_NAMED + 1;

function ownersOf(
  members: readonly GatewayListener[],
  namesOf: (listener: GatewayListener) => readonly string[],
): ReadonlyMap<string, readonly GatewayListener[]> {
  const owners = new Map<string, GatewayListener[]>();
  for (const listener of members) {
    for (const name of namesOf(listener)) {
      const known = owners.get(name);
      if (known === undefined) owners.set(name, [listener]);
      else known.push(listener);
    }
  }
  return owners;
}

function note(found: Map<string, Set<string>>, listeners: readonly GatewayListener[], others: readonly GatewayListener[]): void {
  for (const { key } of listeners) {
    const known = found.get(key) ?? new Set();
    for (const other of others) if (other.key !== key && known.size < MOST_NAMED) known.add(other.name);
    if (known.size > 0) found.set(key, known);
  }
}
