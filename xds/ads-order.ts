import { diffFragments } from './fragment-diff.ts';
import type { Limits } from './limits.ts';
import { holds, mayHave, type ProxyResource } from './proxy-resource.ts';
import type { ProxyType } from './proxy-type.ts';
import type { Resource, ResourceRef, ResourceType } from './resource.ts';
import type { FleetView } from './resource-cache.ts';

/**
 * Make before break, for one proxy and one resource at a time. Envoy's own advice is CDS, EDS, LDS, RDS (xDS protocol,
 * "Eventual consistency considerations"); here every resource waits for just what it needs itself.
 *
 *   secret, load assignment   go at once
 *   cluster, listener         go when what they require is in the cache
 *   what names clusters       (route configuration, extension configuration, a UDP listener) goes when the proxy holds the clusters
 *                             that its new parts need, or their time is up
 *   removals                  go when the proxy has let go of the resource, and a grace later
 */

/** Whether and when something may go: now, at a time (unless something happens before), or when the cache changes. */
export type Gate = 'open' | 'shut' | { readonly until: number };

/** The proxies' types, by name. */
export type TypeOf = (type: ResourceType) => ProxyType;

export interface Moment {
  readonly view: FleetView;
  readonly now: number;
  readonly limits: Limits;
}

/** The gate of an update. */
export function updateGate(resource: Resource, item: ProxyResource, typeOf: TypeOf, moment: Moment): Gate {
  if (resource.requires.some((ref) => !exists(ref, moment.view))) return 'shut';
  const needed = clustersOf(resource, item);
  return needed.length === 0 ? 'open' : clusterGate(needed, item, typeOf('cluster'), moment);
}

/** The clusters that it names itself, and those that its new parts name. */
function clustersOf(resource: Resource, item: ProxyResource): readonly string[] {
  const own = resource.requires.flatMap(({ type, name }) => (type === 'cluster' ? [name] : []));
  return resource.fragments.length === 0 ? own : [...own, ...diffFragments(item.acked?.resource, resource).requires];
}

const exists = ({ type, name }: ResourceRef, view: FleetView): boolean => view.get(type, name) !== undefined;

function clusterGate(needed: readonly string[], item: ProxyResource, clusters: ProxyType, moment: Moment): Gate {
  const routesSince = item.behindSince ?? moment.now;
  let until = 0;
  for (const name of needed) {
    const since = moment.view.get('cluster', name) === undefined ? undefined : waitingSince(name, clusters, routesSince);
    if (since !== undefined) until = Math.max(until, since + moment.limits.clusterWaitMs);
  }
  return until > moment.now ? { until } : 'open';
}

/**
 * Since when a cluster holds back what needs it; undefined: it does not. One that this proxy refuses, or does not subscribe to, will
 * not come: no reason to wait. Before the first request for clusters nothing is known of them: an Envoy that reconnects while it
 * warms asks for them late.
 */
function waitingSince(name: string, clusters: ProxyType, routesSince: number): number | undefined {
  if (!clusters.subscription.started) return routesSince;
  const item = clusters.get(name);
  if (item === undefined || holds(item)) return undefined;
  return item.inFlight?.sentAt ?? item.behindSince;
}

/** Who may use a resource of a type: only when they all are past its removal may a proxy be told of it. A listener drains by itself. */
const USERS: Readonly<Record<ResourceType, readonly ResourceType[]>> = {
  listener: [],
  routeConfiguration: ['listener'],
  extensionConfig: ['listener'],
  cluster: ['listener', 'routeConfiguration', 'extensionConfig'],
  loadAssignment: ['cluster'],
  secret: ['listener', 'cluster'],
};

/** The revision up to which a proxy has taken every change of the users of `type`; what it never had does not count. */
export function settledRevision(type: ResourceType, typeOf: TypeOf): number {
  let revision = Number.POSITIVE_INFINITY;
  for (const user of USERS[type]) {
    for (const item of typeOf(user).behind()) {
      if (mayHave(item)) revision = Math.min(revision, item.acked?.revision ?? -1);
    }
  }
  return revision;
}

/**
 * The gate of a removal, given `settledRevision` of its type. It starts the grace, and starts it again when the proxy turns
 * out to be behind after all: a proxy that reconnects tells of its clusters before it tells of its routes.
 */
export function removalGate(type: ResourceType, item: ProxyResource, settled: number, moment: Moment): Gate {
  const { removal } = item;
  if (removal === undefined || type === 'listener') return 'open';
  if (settled < removal.revision) {
    removal.dueAt = undefined;
    return 'shut';
  }
  removal.dueAt ??= moment.now + graceOf(removal.graceMs, moment.limits);
  return removal.dueAt <= moment.now ? 'open' : { until: removal.dueAt };
}

const graceOf = (graceMs: number, { minGraceMs, maxGraceMs }: Limits): number => Math.min(Math.max(graceMs, minGraceMs), maxGraceMs);
