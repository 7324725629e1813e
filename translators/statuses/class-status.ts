import type { OwnedClass } from '../gateway-api/owned-classes.ts';
import type { Collection } from '../graph/collection.ts';
import type { Graph } from '../graph/graph.ts';
import type { Settings } from '../settings.ts';
import { type ConditionNode, conditionOf, holds, stamped } from './condition.ts';
import { supportedFeatures } from './supported-features.ts';

export interface GatewayClassStatus {
  readonly conditions: readonly ConditionNode[];
  readonly supportedFeatures: readonly { readonly name: string }[];
}

/** Keyed by class. */
export function classStatuses(graph: Graph, classes: Collection<OwnedClass>, { deploy }: Settings): Collection<GatewayClassStatus> {
  const features = supportedFeatures(deploy).map((name) => ({ name }));
  return graph.derive('classStatuses', classes, function* (owned, _fetch, key) {
    const problems = owned.problem === undefined ? [] : [owned.problem];
    const accepted = conditionOf('Accepted', problems, holds('Accepted', 'Accepted', 'Valid GatewayClass.'));
    yield [key, { conditions: stamped([accepted], owned.generation), supportedFeatures: features }];
  });
}
