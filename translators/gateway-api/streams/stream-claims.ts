import type { Collection, First, Group, Index } from '../../graph/collection.ts';
import type { Graph } from '../../graph/graph.ts';
import { splitRouteKey } from '../../ir/route-key.ts';
import { isOfRequests } from '../../ir/route-node.ts';
import { type Age, compareAge } from '../age.ts';
import { compareNarrowed } from '../hostname.ts';
import { type HostOwner, ownsHost } from '../listeners/host-ownership.ts';
import { portOfListener, readsRequests, type ServingListener } from '../listeners/serving-listeners.ts';
import { type Attachment, narrowedAt } from '../routes/route-attachment.ts';
import type { RouteRule } from '../routes/route-rule.ts';

/** A route that carries bytes asks for a host of a port: for TLS a server name, for TCP and UDP the only, empty one. */
export interface StreamClaim {
  readonly port: string;
  readonly host: string;
  readonly listener: string;
  readonly route: string;
  /** As in `Candidate`; absent: the route names the host. */
  readonly narrowedFrom?: number;
  readonly age: Age;
}

/** A claim that another route has. */
export interface LostClaim extends StreamClaim {
  readonly to: string;
  /** The other names a more specific host; else it is older. */
  readonly isLessSpecific: boolean;
}

export interface StreamSources {
  readonly serving: Collection<ServingListener>;
  readonly byHost: Index<HostOwner>;
  /** By route. */
  readonly rules: Index<RouteRule>;
}

/** Keyed `<route>|<listener>|<host>`. */
export function streamClaims(graph: Graph, attached: Collection<First<Attachment>>, sources: StreamSources): Collection<StreamClaim> {
  return graph.derive('streamClaims', attached, function* ({ winner }, fetch, key) {
    const { route, listener: name, hosts } = winner;
    if (isOfRequests(splitRouteKey(route).kind)) return;
    const listener = fetch.one(sources.serving, name);
    if (listener === undefined || readsRequests(listener)) return;
    const [rule] = fetch.by(sources.rules, route);
    if (rule === undefined) return;
    for (const host of hosts) {
      if (!ownsHost(listener, host, fetch, sources.byHost)) continue;
      yield [
        `${key}|${host}`,
        { port: portOfListener(listener), host, listener: name, route, ...narrowedAt(winner, listener.hostname, host), age: rule.age },
      ];
    }
  });
}

const slotOf = ({ port, host }: Pick<StreamClaim, 'port' | 'host'>): string => `${port}|${host}`;

/** Of several routes that ask for one host of a port the one that names the most specific hostname has it (TLSRoute, `hostnames`), then the oldest (Gateway API, "Conflicts"; TCPRouteMultipleRoutesAttachment). Keyed `<port>|<host>`. */
export const streamWinners = (graph: Graph, claims: Collection<StreamClaim>): Collection<First<StreamClaim>> =>
  graph.first('streamWinners', claims, {
    by: (claim) => [slotOf(claim)],
    orderBy: (a, b) => compareNarrowed(a.narrowedFrom, b.narrowedFrom) || compareAge(a.age, b.age),
  });

/** Whether a host of a port has a route. */
export const slotOfListener = (listener: ServingListener): string => slotOf({ port: portOfListener(listener), host: listener.hostname });

/** The hosts that a route has at a listener. Keyed `<listener>|<route>`. */
export const wonHosts = (graph: Graph, winners: Collection<First<StreamClaim>>): Collection<Group<First<StreamClaim>>> =>
  graph.group('wonHosts', winners, { by: ({ winner }) => [`${winner.listener}|${winner.route}`] });

/** What each route has to do without, for its status. */
export const lostClaims = (graph: Graph, claims: Collection<StreamClaim>, winners: Collection<First<StreamClaim>>): Collection<LostClaim> =>
  graph.derive('lostClaims', claims, function* (claim, fetch, key) {
    const winner = fetch.one(winners, slotOf(claim))?.winner;
    if (winner !== undefined && winner.route !== claim.route)
      yield [key, { ...claim, to: winner.route, isLessSpecific: winner.narrowedFrom !== claim.narrowedFrom }];
  });
