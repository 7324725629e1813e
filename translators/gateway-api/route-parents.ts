import { hostnamesOf, type Route } from '../../crds/gateway-api/route.ts';
import type { Collection, Fetch, Index } from '../graph/collection.ts';
import type { Graph } from '../graph/graph.ts';
import type { Problem } from '../ir/problem.ts';
import { splitRouteKey } from '../ir/route-key.ts';
import { type Age, ageOf } from './age.ts';
import { EVERY_HOST, intersectAll, listenerHostTerms, routeHostTerms } from './hostname.ts';
import type { GatewayListener } from './listeners.ts';

export type ParentRef = NonNullable<Route['spec']['parentRefs']>[number];

/** A listener that a route asks for and whose hosts meet the route's. */
export interface Candidate {
  readonly listener: string;
  /** The hosts that both mean, in the route's order. */
  readonly hosts: readonly string[];
}

/** One parentRef of a route that names a Gateway of ours. */
export interface RouteParent {
  /** Its key, which begins with its kind. */
  readonly route: string;
  readonly kind: string;
  readonly namespace: string;
  /** The route's. */
  readonly age: Age;
  /** Place in the route's list. */
  readonly ordinal: number;
  readonly ref: ParentRef;
  readonly gateway: string;
  readonly candidates: readonly Candidate[];
  /** Why there is no candidate. */
  readonly problem: Problem | undefined;
}

const GATEWAY_API = 'gateway.networking.k8s.io';

/** The Gateway that a parentRef names, as a key; undefined if it names something else. */
export function gatewayOf(ref: ParentRef, routeNamespace: string): string | undefined {
  if ((ref.group ?? GATEWAY_API) !== GATEWAY_API || (ref.kind ?? 'Gateway') !== 'Gateway') return undefined;
  return `${ref.namespace ?? routeNamespace}/${ref.name}`;
}

interface Lookups {
  readonly fetch: Fetch;
  readonly listeners: Collection<GatewayListener>;
  readonly byGateway: Index<GatewayListener>;
  readonly byHost: Index<GatewayListener>;
}

/** Keyed `<route>|<ordinal>`. A listener that comes or goes wakes only routes whose hosts could meet its own. */
export function routeParents(
  graph: Graph,
  routes: Collection<Route>,
  known: Collection<true>,
  listeners: Collection<GatewayListener>,
): Collection<RouteParent> {
  const byGateway = graph.index('listenersByGateway', listeners, (listener) => [listener.gateway]);
  const byHost = graph.index('listenersByHost', listeners, (listener) =>
    [...listenerHostTerms(listener.hostname), 'all'].map((term) => `${listener.gateway}|${term}`),
  );
  return graph.derive('routeParents', routes, function* (route, fetch, key) {
    const { kind, namespace } = splitRouteKey(key);
    for (const [ordinal, ref] of (route.spec.parentRefs ?? []).entries()) {
      const gateway = gatewayOf(ref, namespace);
      if (gateway === undefined || fetch.one(known, gateway) === undefined) continue;
      const lookups = { fetch, listeners, byGateway, byHost };
      const hosts = hostnamesOf(route).map((host) => host.toLowerCase());
      const candidates = candidatesOf(lookups, gateway, ref, hosts);
      const problem = candidates.length > 0 ? undefined : whyNone(lookups, gateway, ref);
      yield [`${key}|${ordinal}`, { route: key, kind, namespace, age: ageOf(route), ordinal, ref, gateway, candidates, problem }];
    }
  });
}

const isMeant = (listener: GatewayListener, ref: ParentRef): boolean =>
  (ref.sectionName === undefined || ref.sectionName === listener.name) && (ref.port === undefined || ref.port === listener.port);

function candidatesOf(lookups: Lookups, gateway: string, ref: ParentRef, hosts: readonly string[]): readonly Candidate[] {
  return listenersMeeting(lookups, gateway, ref, hosts)
    .filter((listener) => isMeant(listener, ref))
    .map((listener) => ({ listener: listener.key, hosts: intersectAll(hosts, listener.hostname) }))
    .filter((candidate) => candidate.hosts.length > 0);
}

function listenersMeeting(lookups: Lookups, gateway: string, ref: ParentRef, hosts: readonly string[]): readonly GatewayListener[] {
  const { fetch, byHost } = lookups;
  if (ref.sectionName !== undefined) {
    const named = fetch.one(lookups.listeners, `${gateway}/${ref.sectionName}`);
    return named === undefined ? [] : [named];
  }
  const terms = hosts.length === 0 || hosts.includes(EVERY_HOST) ? ['all'] : [...new Set(hosts.flatMap(routeHostTerms))];
  const found = new Map(terms.flatMap((term) => fetch.by(byHost, `${gateway}|${term}`)).map((listener) => [listener.key, listener]));
  return [...found.values()].sort((a, b) => a.ordinal - b.ordinal);
}

/** Looks at all listeners of the Gateway, which is fair: it is asked only by a route that is not attached. */
function whyNone({ fetch, byGateway }: Lookups, gateway: string, ref: ParentRef): Problem {
  const meant = fetch.by(byGateway, gateway).filter((listener) => isMeant(listener, ref));
  if (meant.length > 0) {
    return {
      type: 'Accepted',
      reason: 'NoMatchingListenerHostname',
      message: `No listener of Gateway ${gateway} that parentRefs names serves any of spec.hostnames; change the hostnames of one of them.`,
    };
  }
  const section = ref.sectionName === undefined ? '' : ` named ${ref.sectionName}`;
  const port = ref.port === undefined ? '' : ` on port ${ref.port}`;
  return {
    type: 'Accepted',
    reason: 'NoMatchingParent',
    message: `Gateway ${gateway} has no listener${section}${port}; change sectionName or port in parentRefs.`,
  };
}
