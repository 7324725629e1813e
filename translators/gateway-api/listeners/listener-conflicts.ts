import type { Collection, Fetch } from '../../graph/collection.ts';
import type { Graph } from '../../graph/graph.ts';
import type { Problem } from '../../ir/problem.ts';
import { portKey, transportOf } from '../../ir/transport.ts';
import { EVERY_HOST, envoyDomain } from '../hostname.ts';
import { compareRanks } from './listener-rank.ts';
import { type GatewayListener, listenerText } from './listeners.ts';

/** What a port of a fleet makes of one of its listeners. */
export interface PortVerdict {
  readonly listener: string;
  readonly conflict: Problem | undefined;
}

/** Who comes first on a port, or with a host on it, as far as others have to know. */
type Claim = readonly Claimant[];

type Claimant = Pick<GatewayListener, 'key' | 'owner' | 'namespace' | 'protocol' | 'hostname'>;

interface Claims {
  /** The first owner's listeners, one for each protocol: a port may be claimed for several, which then all lose. Keyed by port (`ir/transport.ts`). */
  readonly ports: Collection<Claim>;
  /** The first owner's listeners. Keyed `<port>|<what tells apart>|<host>`. */
  readonly hosts: Collection<Claim>;
}

/** What tells connections of a port apart; a protocol that is not here has nothing that does. */
const TOLD_APART_BY: Readonly<Record<string, string>> = { HTTP: 'host', HTTPS: 'server name', TLS: 'server name' };

/** HTTPS and TLS listeners share a port, as both know their connections by the server name of the TLS handshake ("Distinct Listeners"). */
function sharesPort({ protocol }: GatewayListener, other: Claimant): boolean {
  const by = TOLD_APART_BY[protocol];
  return by !== undefined && by === TOLD_APART_BY[other.protocol];
}

const portOf = ({ fleet, protocol, port }: GatewayListener): string => portKey(fleet, transportOf(protocol), port);
const hostOf = (listener: GatewayListener, protocol = listener.protocol): string =>
  `${portOf(listener)}|${TOLD_APART_BY[protocol] ?? protocol}|${listener.hostname}`;

/** A listener that is refused on its own account makes no conflicts and has none ("if an implementation does not support TCP ..."). */
const takesPart = (listener: GatewayListener): boolean => listener.problems.every((problem) => problem.type !== 'Accepted');

/** Keyed by listener. A run looks at who comes first, however many listeners a port has. */
export function listenerConflicts(graph: Graph, listeners: Collection<GatewayListener>): Collection<PortVerdict> {
  const claims = {
    ports: claimsOn(graph, 'portClaims', listeners, { placeOf: portOf, kept: oneEachProtocol }),
    hosts: claimsOn(graph, 'hostnameClaims', listeners, { placeOf: (listener) => hostOf(listener), kept: (own) => own }),
  };
  return graph.derive('listenerConflicts', listeners, function* (listener, fetch, key) {
    yield [key, { listener: key, conflict: takesPart(listener) ? conflictOf(listener, claims, fetch) : undefined }];
  });
}

interface Claiming {
  readonly placeOf: (listener: GatewayListener) => string;
  /** Which of the first owner's listeners others have to know. */
  readonly kept: (own: readonly GatewayListener[]) => readonly GatewayListener[];
}

const oneEachProtocol = (own: readonly GatewayListener[]): readonly GatewayListener[] =>
  own.filter(({ protocol }, at) => TOLD_APART_BY[protocol] === undefined || own.findIndex((other) => other.protocol === protocol) === at);

function claimsOn(graph: Graph, name: string, listeners: Collection<GatewayListener>, { placeOf, kept }: Claiming): Collection<Claim> {
  const first = graph.first(`${name}First`, listeners, {
    by: (listener) => (takesPart(listener) ? [placeOf(listener)] : []),
    orderBy: compareRanks,
  });
  const byOwner = graph.index(`${name}ByOwner`, listeners, (listener) =>
    takesPart(listener) ? [`${placeOf(listener)}|${listener.owner}`] : [],
  );
  return graph.derive(name, first, function* (place, fetch) {
    const own = [...fetch.by(byOwner, `${place.key}|${place.winner.owner}`)].sort(compareRanks);
    yield [place.key, kept(own).map(claimantOf)];
  });
}

const claimantOf = ({ key, owner, namespace, protocol, hostname }: GatewayListener): Claimant => ({
  key,
  owner,
  namespace,
  protocol,
  hostname,
});

/**
 * Listeners of one Gateway, or of one ListenerSet, that cannot be told apart all lose, because no order between them is the author's (Gateway API,
 * "Handling indistinct Listeners"); between owners the first one wins (ListenerSetSpec, "precedence"), and who loses to it stands in nobody's way.
 * Only the first owner on a port has no protocol to follow, so that only it can be of two minds.
 */
function conflictOf(listener: GatewayListener, { ports, hosts }: Claims, fetch: Fetch): Problem | undefined {
  const otherProtocol = fetch.one(ports, portOf(listener))?.find((other) => other.key !== listener.key && !sharesPort(listener, other));
  if (otherProtocol !== undefined) {
    const [sameHost] = listener.hostname === EVERY_HOST ? [] : (fetch.one(hosts, hostOf(listener, otherProtocol.protocol)) ?? []);
    return protocolConflict(listener, sameHost ?? otherProtocol);
  }
  const onHost = fetch.one(hosts, hostOf(listener)) ?? [];
  const sameHost = onHost.find((other) => other.key !== listener.key);
  const isFirst = onHost.some((other) => other.key === listener.key);
  const rival = isFirst ? sameHost : onHost[0];
  return rival && hostnameConflict(listener, rival);
}

/** Of ListenerSets in other namespaces not even the name is told (ListenerSetSpec: what siblings have is not for everybody to see). */
function nameFor(listener: GatewayListener, other: Claimant): string {
  const mayKnow = other.owner === listener.owner || other.owner.startsWith('Gateway/') || other.namespace === listener.namespace;
  return mayKnow ? `listener ${listenerText(other.key)}` : 'a listener of an older ListenerSet';
}

const isSameHost = ({ hostname }: GatewayListener, other: Claimant): boolean => hostname !== EVERY_HOST && hostname === other.hostname;

/** Where the host is the same too, a ListenerSet is told so (ListenerEntryReasonListenerConflict). */
const protocolConflict = (listener: GatewayListener, other: Claimant): Problem => ({
  type: 'Conflicted',
  reason: listener.rank.set !== undefined && isSameHost(listener, other) ? 'ListenerConflict' : 'ProtocolConflict',
  message: `Listener ${listener.name} speaks ${listener.protocol} on port ${listener.port}, where ${nameFor(listener, other)} speaks ${other.protocol}${listener.protocol === other.protocol ? ' too' : ''}; give one of them another port.`,
});

const hostnameConflict = (listener: GatewayListener, other: Claimant): Problem => ({
  type: 'Conflicted',
  reason: 'HostnameConflict',
  message: `Listener ${listener.name} claims host ${envoyDomain(listener.hostname)} on port ${listener.port}, which ${nameFor(listener, other)} claims too; change one of the hostnames or ports.`,
});
