import type { SessionPersistence } from '../../../crds/gateway-api/session-persistence.ts';
import type { RetryConstraint, XBackendTrafficPolicy } from '../../../crds/gateway-api/x-backend-traffic-policy.ts';
import { resolveSession } from '../../features/session-persistence/session-persistence.ts';
import type { Collection, Fetch, First } from '../../graph/collection.ts';
import type { Graph } from '../../graph/graph.ts';
import type { RetryBudget } from '../../ir/cluster-node.ts';
import type { Problem } from '../../ir/problem.ts';
import { ok, type Result, refused } from '../../ir/result.ts';
import { type Age, ageOf, compareAge } from '../age.ts';
import { durationMs } from '../duration.ts';
import { type BackendObject, backendKey, backendObject } from './backend-object.ts';

/** What a policy asks for. */
export interface TrafficSettings {
  /** Its key. */
  readonly policy: string;
  readonly retryBudget?: RetryBudget;
  /** For rules that have none of their own. */
  readonly sessions?: SessionPersistence;
}

/** A backend that a policy names; `ordinal` is its place in `targetRefs`. */
export interface TrafficTarget {
  readonly ordinal: number;
  readonly backend: BackendObject;
}

/** A target with what is asked for it. Keyed `<policy>|<ordinal>`. */
export interface TrafficClaim extends TrafficTarget {
  readonly age: Age;
  readonly settings: TrafficSettings;
}

/** What routes and statuses ask of XBackendTrafficPolicies. */
export interface TrafficPolicies {
  /** Whose settings hold for a backend: the oldest good policy's. Keyed by `backendKey`. */
  readonly winners: Collection<First<TrafficClaim>>;
  readonly find: FindTrafficSettings;
}

export type FindTrafficSettings = (fetch: Fetch, backend: BackendObject) => TrafficSettings | undefined;

/** Precedence: the oldest, then by name (GEP-713). One that is no good stands in nobody's way, since nothing that it asks for protects anyone. */
export function trafficPolicies(graph: Graph, policies: Collection<XBackendTrafficPolicy>): TrafficPolicies {
  const claims = graph.derive('trafficClaims', policies, claimsOf);
  const winners = graph.first('trafficWinners', claims, {
    by: ({ backend }) => [backendKey(backend)],
    orderBy: (a, b) => compareAge(a.age, b.age),
  });
  return { winners, find: (fetch, backend) => fetch.one(winners, backendKey(backend))?.winner.settings };
}

function* claimsOf(policy: XBackendTrafficPolicy, _fetch: Fetch, key: string): Iterable<readonly [string, TrafficClaim]> {
  const settings = trafficSettings(policy, key);
  if (!settings.ok) return;
  for (const target of trafficTargets(policy)) {
    yield [`${key}|${target.ordinal}`, { ...target, age: ageOf(policy), settings: settings.value }];
  }
}

/** Backends of the kinds that there are; of others nothing can be said here. */
export const trafficTargets = ({ spec, metadata }: XBackendTrafficPolicy): readonly TrafficTarget[] =>
  spec.targetRefs.flatMap((ref, ordinal) => {
    const backend = backendObject(ref, `${metadata.namespace ?? ''}/${ref.name}`);
    return backend === undefined ? [] : [{ ordinal, backend }];
  });

/** @returns the problem of a policy that is no good: then it has no effect at all */
export function trafficSettings({ spec }: XBackendTrafficPolicy, policy: string): Result<TrafficSettings> {
  const { retryConstraint, sessionPersistence } = spec;
  const session = sessionPersistence && resolveSession(sessionPersistence, { field: 'spec.sessionPersistence' });
  if (session?.ok === false) return refused(invalid(session.problem));
  return ok({
    policy,
    ...(retryConstraint === undefined ? {} : { retryBudget: retryBudgetOf(retryConstraint) }),
    ...(sessionPersistence === undefined ? {} : { sessions: sessionPersistence }),
  });
}

const invalid = ({ message }: Problem): Problem => ({
  type: 'Accepted',
  reason: 'Invalid',
  message: `${message} Until then the policy has no effect.`,
});

/** Those of the whole field (RetryConstraint `minRetryRate`), for a rate of which only one half is said. */
const DEFAULT_RATE = { count: 10, interval: '1s' };

/**
 * Envoy holds the retries that are in flight against the requests that are in flight. Of the rate that is always allowed it knows none either: so
 * many retries at a time as come in one second keep it for as long as a retry takes no longer than that (decision 27).
 */
function retryBudgetOf({ budget, minRetryRate }: RetryConstraint): RetryBudget {
  const { count = DEFAULT_RATE.count, interval = DEFAULT_RATE.interval } = minRetryRate;
  const seconds = (durationMs(interval) ?? 1000) / 1000;
  return { percent: budget.percent, minConcurrency: Math.min(MAX_CONCURRENCY, Math.ceil(count / seconds)) };
}

/** Of a uint32; a rate of a million in a millisecond is more. */
const MAX_CONCURRENCY = 4_294_967_295;
