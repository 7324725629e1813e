import type { XTelemetryPolicy } from '../../crds/gateway-api/x-telemetry-policy.ts';
import { kindName } from '../gateway-api/kind-name.ts';
import type { OwnedGateway } from '../gateway-api/owned-gateways.ts';
import { isGateway, isGood, type TelemetryPolicies, telemetryTargets } from '../gateway-api/telemetry/telemetry-policies.ts';
import { providerOf } from '../gateway-api/telemetry/tracing-settings.ts';
import type { Collection, Fetch } from '../graph/collection.ts';
import type { Graph } from '../graph/graph.ts';
import type { Problem } from '../ir/problem.ts';
import { type ConditionNode, conditionOf, holds, stamped } from './condition.ts';
import { type PolicyStatus, policyStatusOf, type TargetVerdict } from './policy-status.ts';

export interface TelemetryStatusSources {
  readonly policies: Collection<XTelemetryPolicy>;
  readonly telemetry: TelemetryPolicies;
  readonly gateways: Collection<OwnedGateway>;
}

/** Keyed by policy; one that is for no Gateway of ours has none. */
export function telemetryPolicyStatuses(graph: Graph, sources: TelemetryStatusSources, controllerName: string): Collection<PolicyStatus> {
  return graph.derive('telemetryPolicyStatuses', sources.policies, function* (policy, fetch, key) {
    const verdict = fetch.one(sources.telemetry.verdicts, key);
    const own = verdict?.problems ?? [BROKEN];
    const contender = isGood(verdict) ? key : undefined;
    const targets = [...telemetryTargets(policy)].map((gateway) => lookAt(gateway, contender, sources, fetch));
    const notes = [...strangers(policy), ...untraced(policy, sources, fetch)];
    const status = policyStatusOf(targets, controllerName, (problems) => conditionsOf([...own, ...problems], notes, policy));
    if (status !== undefined) yield [key, status];
  });
}

/** Only while a bug is contained. */
const BROKEN: Problem = {
  type: 'Accepted',
  reason: 'InternalError',
  message: 'Gatehouse failed to translate the policy, so that it has no effect; please report.',
};

function lookAt(gateway: string, policy: string | undefined, { telemetry, gateways }: TelemetryStatusSources, fetch: Fetch): TargetVerdict {
  if (fetch.one(gateways, gateway) === undefined) return { gateways: new Set(), problem: undefined };
  const winner = fetch.one(telemetry.winners, gateway)?.winner.policy;
  const isBeaten = winner !== undefined && policy !== undefined && winner !== policy;
  return { gateways: new Set([gateway]), problem: isBeaten ? conflicted(gateway, winner) : undefined };
}

const conflicted = (gateway: string, winner: string): Problem => ({
  type: 'Accepted',
  reason: 'Conflicted',
  message: `Field spec.targetRefs: XTelemetryPolicy ${winner} comes first (by age, then by name) for Gateway ${gateway}; delete one of the two, or take the Gateway from one.`,
});

/** Bytes and datagrams make no spans. */
function untraced(policy: XTelemetryPolicy, { telemetry, gateways }: TelemetryStatusSources, fetch: Fetch): readonly string[] {
  if (providerOf(policy) === undefined) return [];
  return [...telemetryTargets(policy)]
    .filter((gateway) => fetch.one(gateways, gateway) !== undefined && fetch.one(telemetry.reading, gateway) === undefined)
    .map((gateway) => `Nothing of Gateway ${gateway} is traced, since none of its listeners serves HTTP or HTTPS.`);
}

const strangers = ({ spec }: XTelemetryPolicy): readonly string[] =>
  spec.targetRefs.flatMap((ref, ordinal) =>
    isGateway(ref) ? [] : [`Field spec.targetRefs[${ordinal}]: ${kindName(ref)} ${ref.name} is no Gateway and has no effect.`],
  );

function conditionsOf(problems: readonly Problem[], notes: readonly string[], { metadata }: XTelemetryPolicy): readonly ConditionNode[] {
  const accepted = ['Policy has been accepted.', ...notes].join(' ');
  return stamped(
    [
      conditionOf('Accepted', problems, holds('Accepted', 'Accepted', accepted)),
      conditionOf('ResolvedRefs', problems, holds('ResolvedRefs', 'ResolvedRefs', 'Resolved all the object references of the policy.')),
    ],
    metadata.generation,
  );
}
