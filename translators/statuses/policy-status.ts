import { compareText } from '../gateway-api/age.ts';
import { splitKey } from '../ir/object-key.ts';
import type { Problem } from '../ir/problem.ts';
import type { ConditionNode } from './condition.ts';

interface GatewayRef {
  readonly group: 'gateway.networking.k8s.io';
  readonly kind: 'Gateway';
  readonly namespace: string;
  readonly name: string;
}

/** Our entries of a policy's status (GEP-713, PolicyStatus): one for each Gateway that reaches a target. */
export interface PolicyStatus {
  readonly ancestors: readonly {
    readonly ancestorRef: GatewayRef;
    readonly controllerName: string;
    readonly conditions: readonly ConditionNode[];
  }[];
}

/** What is to be said of one target: the Gateways that reach it, and what is wrong with it. */
export interface TargetVerdict {
  readonly gateways: ReadonlySet<string>;
  readonly problem: Problem | undefined;
}

/** Undefined where no Gateway of ours reaches any target. */
export function policyStatusOf(
  targets: readonly TargetVerdict[],
  controllerName: string,
  conditionsOf: (problems: readonly Problem[]) => readonly ConditionNode[],
): PolicyStatus | undefined {
  const gateways = byGateway(targets);
  if (gateways.length === 0) return undefined;
  const ancestors = gateways.map(([gateway, problems]) => ({
    ancestorRef: { group: 'gateway.networking.k8s.io' as const, kind: 'Gateway' as const, ...splitKey(gateway) },
    controllerName,
    conditions: conditionsOf(problems),
  }));
  return { ancestors };
}

/** What is wrong with the targets that each Gateway reaches, by the Gateways' names. */
function byGateway(verdicts: readonly TargetVerdict[]): readonly (readonly [string, readonly Problem[]])[] {
  const problems = new Map<string, readonly Problem[]>();
  for (const { gateways, problem } of verdicts) {
    const more = problem === undefined ? [] : [problem];
    for (const gateway of gateways) problems.set(gateway, [...(problems.get(gateway) ?? []), ...more]);
  }
  return [...problems].sort(([a], [b]) => compareText(a, b));
}
