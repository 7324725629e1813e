import type { OwnedClass } from '../gateway-api/owned-classes.ts';
import type { OwnedGateway } from '../gateway-api/owned-gateways.ts';
import type { ProxyVerdict } from '../gateway-api/proxy/proxy-verdicts.ts';
import type { Collection } from '../graph/collection.ts';
import type { Graph } from '../graph/graph.ts';
import type { Problem } from '../ir/problem.ts';
import { type ConditionNode, conditionOf, type Draft, holds, stamped } from './condition.ts';

/** A GatewayClass or Gateway that names an EnvoyProxy. */
interface AncestorRef {
  readonly group: 'gateway.networking.k8s.io';
  readonly kind: 'GatewayClass' | 'Gateway';
  readonly namespace?: string;
  readonly name: string;
}

/** An entry for each object that names the EnvoyProxy (contract B.3); the contract's entries have no controllerName. */
export interface ProxyStatus {
  readonly ancestors: readonly { readonly ancestorRef: AncestorRef; readonly conditions: readonly ConditionNode[] }[];
}

export interface ProxyStatusSources {
  readonly verdicts: Collection<ProxyVerdict>;
  readonly classes: Collection<OwnedClass>;
  readonly gateways: Collection<OwnedGateway>;
}

const GROUP = 'gateway.networking.k8s.io';

/** Keyed by EnvoyProxy; one that nobody of ours names has none. */
export function proxyStatuses(graph: Graph, { verdicts, classes, gateways }: ProxyStatusSources): Collection<ProxyStatus> {
  const classesOf = graph.index('classesByProxy', classes, ({ proxy }) => (proxy === undefined ? [] : [proxy]));
  const gatewaysOf = graph.index('gatewaysByProxy', gateways, ({ parameters }) => (parameters === undefined ? [] : [parameters]));
  return graph.derive('proxyStatuses', verdicts, function* (verdict, fetch, key) {
    const entry = (ancestorRef: AncestorRef, together?: Problem) => ({ ancestorRef, conditions: conditionsOf(verdict, together) });
    const ancestors = [
      ...fetch.by(classesOf, key).map(({ name }) => entry({ group: GROUP, kind: 'GatewayClass', name })),
      ...fetch
        .by(gatewaysOf, key)
        .map(({ namespace, name, proxy }) => entry({ group: GROUP, kind: 'Gateway', namespace, name }, proxy.problem)),
    ];
    if (ancestors.length > 0) yield [key, { ancestors }];
  });
}

/** @param together what is wrong with it and the one that it is merged over */
function conditionsOf({ problem, withoutEffect, generation }: ProxyVerdict, together: Problem | undefined): readonly ConditionNode[] {
  const wrong = problem ?? together;
  const accepted = conditionOf(
    'Accepted',
    wrong === undefined ? [] : [wrong],
    holds('Accepted', 'Accepted', 'EnvoyProxy has been accepted.'),
  );
  return stamped([accepted, ...warning(withoutEffect)], generation);
}

const warning = (fields: readonly string[]): readonly Draft[] =>
  fields.length === 0
    ? []
    : [holds('Warning', 'UnsupportedField', `These fields are not supported yet and have no effect: ${fields.join(', ')}.`)];
