import { buildHostGate, type HostGate } from '../../envoy/host-gate.ts';
import { longestRequestMs } from '../../envoy/route-timeouts.ts';
import { emitListenerFilters } from '../../features/emit-route.ts';
import type { FeatureScope } from '../../features/policy-feature.ts';
import { HTTP_FILTER_SLOTS } from '../../features/registry.ts';
import { resolveListenerFilters } from '../../features/resolve-listener-filters.ts';
import type { Collection, Fetch } from '../../graph/collection.ts';
import type { Graph } from '../../graph/graph.ts';
import type { Problem } from '../../ir/problem.ts';
import { ok } from '../../ir/result.ts';
import { type Backend, type BackendSources, permittedBackend, reachedBy, resolveBackend } from '../backends/backend-ref.ts';
import type { BackendUse } from '../backends/clusters.ts';
import type { GatewayListener } from './listeners.ts';
import type { ServingListener } from './serving-listeners.ts';

/** What the requests of one listener pass before a route is chosen. */
export interface ListenerFilters {
  readonly gateway: string;
  /** Undefined: not all of them can be had, and nobody may pass. */
  readonly gate: HostGate | undefined;
  /** Whom they ask. */
  readonly uses: readonly Backend[];
  /** `<ns>/<service>/<port>`, whether or not there is one. */
  readonly reaches: readonly string[];
  readonly problems: readonly Problem[];
}

/** Keyed by listener; only for those that have filters. Whom they ask is looked up from the namespace, and as the kind, of whose list the listener is in. */
export const listenerFilters = (
  graph: Graph,
  listeners: Collection<GatewayListener>,
  sources: BackendSources,
): Collection<ListenerFilters> =>
  graph.derive('listenerFilters', listeners, function* (listener, fetch, key) {
    if (listener.filters.length > 0) yield [key, filtersOf(listener, sources, fetch)];
  });

function filtersOf(listener: GatewayListener, sources: BackendSources, fetch: Fetch): ListenerFilters {
  const uses = new Map<string, Backend>();
  const reaches = new Set<string>();
  const backend: FeatureScope['backend'] = (ref, field, protocol) => {
    const at = { kind: listener.ref.kind, namespace: listener.namespace, field, ...(protocol === undefined ? {} : { protocol }) };
    const permitted = permittedBackend(sources, fetch, at, ref);
    if (!permitted.ok) return permitted;
    for (const reached of reachedBy(permitted.value)) reaches.add(reached);
    const found = resolveBackend(sources, fetch, at, permitted.value);
    if (!found.ok) return found;
    const { cluster, service, namespace } = found.value;
    uses.set(cluster.name, found.value);
    return ok({ cluster: cluster.name, authority: `${service}.${namespace}` });
  };
  const { fragments, problems } = resolveListenerFilters(listener.filters, listener.name, backend);
  const base = { gateway: listener.gateway, reaches: [...reaches], problems };
  if (problems.length > 0) return { ...base, gate: undefined, uses: [] };
  const gate = buildHostGate(emitListenerFilters(fragments), [...uses.keys()].sort(), HTTP_FILTER_SLOTS);
  return { ...base, gate, uses: [...uses.values()] };
}

/** Keyed `<fleet>|<listener>|filters|<n>`. */
export const listenerFilterUses = (
  graph: Graph,
  filters: Collection<ListenerFilters>,
  serving: Collection<ServingListener>,
): Collection<BackendUse> =>
  graph.derive('listenerFilterUses', filters, function* ({ uses }, fetch, key) {
    const fleet = fetch.one(serving, key)?.fleet;
    if (fleet === undefined) return;
    for (const [index, backend] of uses.entries()) {
      yield [`${fleet}|${key}|filters|${index}`, { fleet, ...backend, longestMs: longestRequestMs({}) }];
    }
  });
