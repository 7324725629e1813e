import type { XBackendTrafficPolicy } from '../../crds/gateway-api/x-backend-traffic-policy.ts';
import { isTimeless } from '../features/session-persistence/session-persistence.ts';
import { type BackendObjects, backendKey, backendText, fetchBackend, whyAbsent } from '../gateway-api/backends/backend-object.ts';
import type { ServiceReach } from '../gateway-api/backends/service-reach.ts';
import {
  type TrafficPolicies,
  type TrafficSettings,
  type TrafficTarget,
  trafficSettings,
  trafficTargets,
} from '../gateway-api/backends/traffic-policy.ts';
import { kindName } from '../gateway-api/kind-name.ts';
import type { Collection, Fetch, First, Index } from '../graph/collection.ts';
import type { Graph } from '../graph/graph.ts';
import type { Problem } from '../ir/problem.ts';
import { type ConditionNode, conditionOf, holds, stamped } from './condition.ts';
import { type PolicyStatus, policyStatusOf, type TargetVerdict } from './policy-status.ts';

export interface TrafficPolicyStatusSources {
  readonly policies: Collection<XBackendTrafficPolicy>;
  readonly traffic: TrafficPolicies;
  readonly backends: BackendObjects;
  /** By backend. */
  readonly reach: Index<First<ServiceReach>>;
}

/** Keyed by policy; one that no Gateway of ours reaches has none. */
export function trafficPolicyStatuses(graph: Graph, sources: TrafficPolicyStatusSources, controllerName: string): Collection<PolicyStatus> {
  return graph.derive('trafficPolicyStatuses', sources.policies, function* (policy, fetch, key) {
    const settings = trafficSettings(policy, key);
    const own = settings.ok ? [] : [settings.problem];
    // One that has no effect contends for nothing.
    const contender = settings.ok ? key : undefined;
    const targets = trafficTargets(policy).map((target) => lookAt(target, contender, sources, fetch));
    const notes = [...(settings.ok ? notesOf(settings.value) : []), ...strangers(policy)];
    const status = policyStatusOf(targets, controllerName, (problems) => conditionsOf([...own, ...problems], notes, policy));
    if (status !== undefined) yield [key, status];
  });
}

function lookAt(
  { ordinal, backend }: TrafficTarget,
  policy: string | undefined,
  sources: TrafficPolicyStatusSources,
  fetch: Fetch,
): TargetVerdict {
  const gateways = new Set(fetch.by(sources.reach, backendKey(backend)).map(({ winner }) => winner.gateway));
  if (gateways.size === 0) return { gateways, problem: undefined };
  const field = `Field spec.targetRefs[${ordinal}]`;
  if (fetchBackend(fetch, sources.backends, backend) === undefined) {
    const message = `${field}: ${whyAbsent(fetch, sources.backends, backend)}`;
    return { gateways, problem: { type: 'Accepted', reason: 'TargetNotFound', message } };
  }
  const winner = fetch.one(sources.traffic.winners, backendKey(backend))?.winner.settings.policy;
  if (winner === undefined || policy === undefined || winner === policy) return { gateways, problem: undefined };
  const message = `${field}: XBackendTrafficPolicy ${winner} comes first (by age, then by name) for ${backendText(backend)}; delete one of the two, or take the target from one.`;
  return { gateways, problem: { type: 'Accepted', reason: 'Conflicted', message } };
}

/** What has to do with time, and Envoy does otherwise (decision 27). */
function notesOf({ retryBudget, sessions }: TrafficSettings): readonly string[] {
  const notes: string[] = [];
  if (retryBudget !== undefined) {
    const { percent, minConcurrency } = retryBudget;
    notes.push(
      `Retries are counted while they are in flight, so that field spec.retryConstraint.budget.interval has no effect: ${percent}% of the requests in flight may be retries, and ${minConcurrency} at a time whatever that comes to.`,
    );
  }
  if (sessions !== undefined && isTimeless(sessions))
    notes.push('Field spec.sessionPersistence.absoluteTimeout has no effect, since a header holds no time.');
  return notes;
}

function strangers(policy: XBackendTrafficPolicy): readonly string[] {
  const known = new Set(trafficTargets(policy).map(({ ordinal }) => ordinal));
  return policy.spec.targetRefs.flatMap((ref, ordinal) =>
    known.has(ordinal) ? [] : [`Field spec.targetRefs[${ordinal}]: ${kindName(ref)} ${ref.name} is no backend and has no effect.`],
  );
}

const conditionsOf = (
  problems: readonly Problem[],
  notes: readonly string[],
  { metadata }: XBackendTrafficPolicy,
): readonly ConditionNode[] =>
  stamped(
    [conditionOf('Accepted', problems, holds('Accepted', 'Accepted', ['Policy has been accepted.', ...notes].join(' ')))],
    metadata.generation,
  );
