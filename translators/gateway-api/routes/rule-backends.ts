import type { GRPCBackendRef } from '../../../crds/gateway-api/grpc-route.ts';
import type { HTTPBackendRef } from '../../../crds/gateway-api/http-route.ts';
import type { FeatureScope } from '../../features/policy-feature.ts';
import { resolveFilters } from '../../features/resolve-filters.ts';
import type { Fetch } from '../../graph/collection.ts';
import type { BackendProtocol } from '../../ir/cluster-node.ts';
import type { Problem } from '../../ir/problem.ts';
import { ok, type Result } from '../../ir/result.ts';
import { splitRouteKey } from '../../ir/route-key.ts';
import {
  type Backend,
  type BackendObjectRef,
  type BackendSources,
  permittedBackend,
  type Reference,
  reachedBy,
  resolveBackend,
  trafficOf,
} from '../backends/backend-ref.ts';
import type { ExternalChoice } from '../backends/external-backends.ts';
import type { BackendSessions, ResolvedShare } from '../backends/session-split.ts';
import type { TrafficSettings } from '../backends/traffic-policy.ts';

/** What the rules of a route are translated with, whatever its kind. */
export interface RuleContext {
  /** The route's. */
  readonly key: string;
  readonly fetch: Fetch;
  readonly sources: BackendSources;
}

type WeightedRef = HTTPBackendRef | GRPCBackendRef;

/** Finds the backends of a rule: those that requests go to, and those that filters send to. */
export interface BackendFinder {
  readonly toServe: (ref: BackendObjectRef, field: string) => Result<Backend>;
  /** Sessions that a backend, or the policy for it, asks for. */
  readonly sessionsOf: (backend: Backend) => BackendSessions | undefined;
  readonly toAsk: (ref: BackendObjectRef, field: string, protocol?: BackendProtocol) => Result<Backend>;
}

export interface FoundBackends {
  /** Those that filters send to, by cluster. */
  readonly asked: Map<string, Backend>;
  readonly reaches: Set<string>;
}

export function backendFinder({ key, fetch, sources }: RuleContext, { asked, reaches }: FoundBackends): BackendFinder {
  const { kind, namespace } = splitRouteKey(key);
  const find = (ref: BackendObjectRef, at: Reference): Result<Backend> => {
    const permitted = permittedBackend(sources, fetch, at, ref);
    if (!permitted.ok) return permitted;
    for (const reached of reachedBy(permitted.value)) reaches.add(reached);
    return resolveBackend(sources, fetch, at, permitted.value);
  };
  return {
    toServe: (ref, field) => find(ref, { kind, namespace, field }),
    sessionsOf: ({ namespace: home, service, imported, external }) => {
      const object = `${home}/${service}`;
      if (external) return ownSessions(sources.external(fetch, object), object);
      return askedSessions(trafficOf(sources, fetch, { kind }, { service: object, ...(imported ? { imported } : {}) }));
    },
    toAsk: (ref, field, protocol) => {
      const found = find(ref, { kind, namespace, field, ...(protocol === undefined ? {} : { protocol }) });
      if (found.ok) asked.set(found.value.cluster.name, found.value);
      return found;
    },
  };
}

function ownSessions(choice: ExternalChoice | undefined, key: string): BackendSessions | undefined {
  const sessions = choice?.ok === true ? choice.backend.sessions : undefined;
  return sessions && { sessions, author: `XBackend ${key}` };
}

const askedSessions = (settings: TrafficSettings | undefined): BackendSessions | undefined =>
  settings?.sessions && { sessions: settings.sessions, author: `XBackendTrafficPolicy ${settings.policy}` };

export interface CheckedShare extends ResolvedShare {
  readonly problems: readonly Problem[];
}

export const filterScope = (
  place: FeatureScope['place'],
  field: string,
  paths: FeatureScope['paths'],
  find: BackendFinder,
): FeatureScope => ({
  place,
  field,
  paths,
  backend: (ref, at, protocol) => {
    const found = find.toAsk(ref, at, protocol);
    if (!found.ok) return found;
    const { cluster, service, namespace } = found.value;
    return ok({ cluster: cluster.name, authority: cluster.dns?.hostname ?? `${service}.${namespace}` });
  },
});

export function backendShare(ref: WeightedRef, field: string, paths: FeatureScope['paths'], find: BackendFinder): CheckedShare {
  const found = find.toServe(ref, field);
  if (!found.ok) return { share: { kind: 'Invalid', weight: ref.weight }, problems: [found.problem] };
  const filters = resolveFilters(ref.filters ?? [], filterScope('backendRef', `${field}.filters`, paths, find));
  const problems = filters.problems.map(ofReference);
  if (filters.refused) return { share: { kind: 'Invalid', weight: ref.weight }, problems };
  const share = { kind: 'Cluster' as const, cluster: found.value.cluster.name, weight: ref.weight, features: filters.fragments };
  const asked = find.sessionsOf(found.value);
  return { share, backend: found.value, ...(asked === undefined ? {} : { asked }), problems };
}

/** What is wrong with a backend's own filters spoils that backend, not the rule (contract D.9). */
const ofReference = (problem: Problem): Problem =>
  problem.type === 'Accepted' ? { ...problem, type: 'ResolvedRefs', reason: 'UnsupportedRefValue' } : problem;

/** Every backend that a rule needs a cluster for, once each. */
export const usesOf = (served: readonly Backend[], { asked }: FoundBackends): readonly Backend[] => [
  ...new Map([...served.map((use) => [use.cluster.name, use] as const), ...asked]).values(),
];
