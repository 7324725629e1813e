import { hostnamesOf, type Route } from '../../../crds/gateway-api/route.ts';
import type { Collection, Fetch, Index } from '../../graph/collection.ts';
import type { Graph } from '../../graph/graph.ts';
import type { Problem } from '../../ir/problem.ts';
import { splitRouteKey } from '../../ir/route-key.ts';
import { type Age, ageOf } from '../age.ts';
import { EVERY_HOST, intersectAll, listenerHostTerms, narrowedFrom, routeHostTerms } from '../hostname.ts';
import { compareRanks } from '../listeners/listener-rank.ts';
import { canCarry, type GatewayListener, listenerKey, ownerKey, ownerName } from '../listeners/listeners.ts';
import type { KnownParent } from './known-parents.ts';

export type ParentRef = NonNullable<Route['spec']['parentRefs']>[number];

/** A listener that a route asks for and whose hosts meet the route's. */
export interface Candidate {
  readonly listener: string;
  /** The hosts that both mean, in the route's order. */
  readonly hosts: readonly string[];
  /** Its protocol cannot carry routes of this kind, whatever it admits. */
  readonly unfit?: true;
  /** Where one of them is the listener's hostname and the route names a broader one: how specific that is (`narrowedFrom`). */
  readonly narrowedFrom?: number;
}

/** One parentRef of a route that names a Gateway of ours, or a ListenerSet of one. */
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
  /** Whose listeners it means: `<Kind>/<ns>/<name>`. */
  readonly owner: string;
  readonly candidates: readonly Candidate[];
  /** Why there is no candidate. */
  readonly problem: Problem | undefined;
}

const GATEWAY_API = 'gateway.networking.k8s.io';

/** What a parentRef names, as a key of `known-parents.ts`; undefined if it can have no listeners. */
export function parentOf(ref: ParentRef, routeNamespace: string): string | undefined {
  const { group = GATEWAY_API, kind = 'Gateway' } = ref;
  if (group !== GATEWAY_API || (kind !== 'Gateway' && kind !== 'ListenerSet')) return undefined;
  return ownerKey(kind, `${ref.namespace ?? routeNamespace}/${ref.name}`);
}

interface Lookups {
  readonly fetch: Fetch;
  readonly listeners: Collection<GatewayListener>;
  readonly byOwner: Index<GatewayListener>;
  readonly byHost: Index<GatewayListener>;
}

/** Keyed `<route>|<ordinal>`. A listener that comes or goes wakes only routes whose hosts could meet its own. */
export function routeParents(
  graph: Graph,
  routes: Collection<Route>,
  known: Collection<KnownParent>,
  listeners: Collection<GatewayListener>,
): Collection<RouteParent> {
  const byOwner = graph.index('listenersByOwner', listeners, (listener) => [listener.owner]);
  const byHost = graph.index('listenersByHost', listeners, (listener) =>
    [...listenerHostTerms(listener.hostname), 'all'].map((term) => `${listener.owner}|${term}`),
  );
  return graph.derive('routeParents', routes, function* (route, fetch, key) {
    const { kind, namespace } = splitRouteKey(key);
    const hosts = hostnamesOf(route).map((host) => host.toLowerCase());
    for (const [ordinal, ref] of (route.spec.parentRefs ?? []).entries()) {
      const owner = parentOf(ref, namespace);
      const parent = owner && fetch.one(known, owner);
      if (!parent) continue;
      const lookups = { fetch, listeners, byOwner, byHost };
      const candidates = candidatesOf(lookups, parent, ref, { kind, hosts });
      const problem = candidates.length > 0 ? undefined : whyNone(lookups, parent, ref);
      const at = { route: key, kind, namespace, age: ageOf(route), ordinal };
      yield [`${key}|${ordinal}`, { ...at, ref, owner: parent.owner, candidates, problem }];
    }
  });
}

const UNFIT = { unfit: true } as const;

const isMeant = (listener: GatewayListener, ref: ParentRef): boolean =>
  (ref.sectionName === undefined || ref.sectionName === listener.name) && (ref.port === undefined || ref.port === listener.port);

/** What a route has to be carried for. */
interface Carried {
  readonly kind: string;
  readonly hosts: readonly string[];
}

/** A copy at the end: what filters leave has room to grow, and there is one for each route. */
function candidatesOf(lookups: Lookups, parent: KnownParent, ref: ParentRef, { kind, hosts }: Carried): readonly Candidate[] {
  return listenersMeeting(lookups, parent, ref, hosts)
    .filter((listener) => isMeant(listener, ref))
    .map((listener) => candidateOf(listener, { kind, hosts }))
    .filter((candidate) => candidate.hosts.length > 0)
    .slice();
}

function candidateOf(listener: GatewayListener, { kind, hosts }: Carried): Candidate {
  const from = narrowedFrom(hosts, listener.hostname);
  return {
    listener: listener.key,
    hosts: intersectAll(hosts, listener.hostname),
    ...(from === undefined ? {} : { narrowedFrom: from }),
    ...(canCarry(listener, kind) ? {} : UNFIT),
  };
}

function listenersMeeting(lookups: Lookups, parent: KnownParent, ref: ParentRef, hosts: readonly string[]): readonly GatewayListener[] {
  const { fetch, byHost } = lookups;
  if (ref.sectionName !== undefined) {
    const named = fetch.one(lookups.listeners, listenerKey(parent.gateway, parent.set, ref.sectionName));
    return named === undefined ? [] : [named];
  }
  const terms = hosts.length === 0 || hosts.includes(EVERY_HOST) ? ['all'] : [...new Set(hosts.flatMap(routeHostTerms))];
  const found = new Map(terms.flatMap((term) => fetch.by(byHost, `${parent.owner}|${term}`)).map((listener) => [listener.key, listener]));
  return [...found.values()].sort((a, b) => compareRanks(a, b));
}

/** Looks at all listeners of the parent, which is fair: it is asked only by a route that is not attached. */
function whyNone({ fetch, byOwner }: Lookups, { owner, attached }: KnownParent, ref: ParentRef): Problem {
  const name = ownerName(owner);
  if (!attached) return noMatchingParent(`${name} is not attached to its Gateway; its status says why.`);
  const meant = fetch.by(byOwner, owner).filter((listener) => isMeant(listener, ref));
  if (meant.length > 0) {
    return {
      type: 'Accepted',
      reason: 'NoMatchingListenerHostname',
      message: `No listener of ${name} that parentRefs names serves any of spec.hostnames; change the hostnames of one of them.`,
    };
  }
  const section = ref.sectionName === undefined ? '' : ` named ${ref.sectionName}`;
  const port = ref.port === undefined ? '' : ` on port ${ref.port}`;
  return noMatchingParent(`${name} has no listener${section}${port}; change sectionName or port in parentRefs.`);
}

const noMatchingParent = (message: string): Problem => ({ type: 'Accepted', reason: 'NoMatchingParent', message });
