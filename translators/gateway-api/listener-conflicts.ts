import type { Collection, Group } from '../graph/collection.ts';
import type { Graph } from '../graph/graph.ts';
import type { Problem } from '../ir/problem.ts';
import { portKey, transportOf } from '../ir/transport.ts';
import { compareAge } from './age.ts';
import { envoyDomain } from './hostname.ts';
import type { GatewayListener } from './listeners.ts';

/** What a port of a fleet makes of one of its listeners. */
export interface PortVerdict {
  readonly listener: string;
  readonly conflict: Problem | undefined;
}

/** All listeners on one port of a fleet, oldest Gateway first, then in list order. Keyed by port (`ir/transport.ts`). */
export function portGroups(graph: Graph, listeners: Collection<GatewayListener>): Collection<Group<GatewayListener>> {
  return graph.group('portGroups', listeners, {
    by: (listener) => [portKey(listener.fleet, transportOf(listener.protocol), listener.port)],
    orderBy: (a, b) => compareAge(a.age, b.age) || a.ordinal - b.ordinal,
  });
}

/** Keyed by listener. */
export function listenerConflicts(graph: Graph, ports: Collection<Group<GatewayListener>>): Collection<PortVerdict> {
  return graph.derive('listenerConflicts', ports, function* (port) {
    for (const [index, listener] of port.members.entries()) {
      yield [listener.key, { listener: listener.key, conflict: conflictOf(port.members, index) }];
    }
  });
}

/** A listener that is refused on its own account makes no conflicts and has none ("if an implementation does not support TCP ..."). */
const takesPart = (listener: GatewayListener): boolean => listener.problems.every((problem) => problem.type !== 'Accepted');

/**
 * Listeners of one Gateway that cannot be told apart all lose, because no order between them is the author's (Gateway API, "Distinct
 * Listeners"); between Gateways the first one wins.
 */
function conflictOf(members: readonly GatewayListener[], index: number): Problem | undefined {
  const listener = members[index];
  if (listener === undefined || !takesPart(listener)) return undefined;
  const rivals = members.filter((other, at) => at !== index && takesPart(other) && (at < index || other.gateway === listener.gateway));
  const byProtocol = rivals.find((other) => !sharesPort(listener, other));
  if (byProtocol !== undefined) return protocolConflict(listener, byProtocol);
  const byHost = rivals.find((other) => other.hostname === listener.hostname);
  return byHost && hostnameConflict(listener, byHost);
}

/** What tells connections of a port apart; a protocol that is not here has nothing that does. */
const TOLD_APART_BY: Readonly<Record<string, string>> = { HTTP: 'host', HTTPS: 'server name', TLS: 'server name' };

/** HTTPS and TLS listeners share a port, as both know their connections by the server name of the TLS handshake ("Distinct Listeners"). */
function sharesPort({ protocol }: GatewayListener, other: GatewayListener): boolean {
  const by = TOLD_APART_BY[protocol];
  return by !== undefined && by === TOLD_APART_BY[other.protocol];
}

const protocolConflict = (listener: GatewayListener, other: GatewayListener): Problem => ({
  type: 'Conflicted',
  reason: 'ProtocolConflict',
  message: `Listener ${listener.name} speaks ${listener.protocol} on port ${listener.port}, where listener ${other.key} speaks ${other.protocol}${listener.protocol === other.protocol ? ' too' : ''}; give one of them another port.`,
});

const hostnameConflict = (listener: GatewayListener, other: GatewayListener): Problem => ({
  type: 'Conflicted',
  reason: 'HostnameConflict',
  message: `Listener ${listener.name} claims host ${envoyDomain(listener.hostname)} on port ${listener.port}, which listener ${other.key} claims too; change one of the hostnames or ports.`,
});
