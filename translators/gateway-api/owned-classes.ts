import type { GatewayClass } from '../../crds/gateway-api/gateway-class.ts';
import type { Collection } from '../graph/collection.ts';
import type { Graph } from '../graph/graph.ts';
import type { Inputs } from '../inputs.ts';
import type { Problem } from '../ir/problem.ts';
import type { Settings } from '../settings.ts';
import { kindName } from './kind-name.ts';

/** A GatewayClass that names this controller. */
export interface OwnedClass {
  readonly name: string;
  readonly generation: number | undefined;
  readonly description: string | undefined;
  /** Set: the class is not accepted, and its Gateways are not programmed. */
  readonly problem: Problem | undefined;
}

const ENVOY_PROXY = { group: 'gateway.envoyproxy.io', kind: 'EnvoyProxy' } as const;

/** Early filter: what belongs to another controller ends here and costs nothing further on. */
export function ownedClasses(graph: Graph, inputs: Inputs, settings: Settings): Collection<OwnedClass> {
  return graph.derive('ownedClasses', inputs.gatewayClasses, function* (gatewayClass, fetch, key) {
    if (gatewayClass.spec.controllerName !== settings.controllerName) return;
    const found = (proxy: string): boolean => fetch.one(inputs.envoyProxies, proxy) !== undefined;
    yield [
      key,
      {
        name: key,
        generation: gatewayClass.metadata.generation,
        description: gatewayClass.spec.description,
        problem: parametersProblem(gatewayClass, found),
      },
    ];
  });
}

function parametersProblem(gatewayClass: GatewayClass, found: (proxy: string) => boolean): Problem | undefined {
  const ref = gatewayClass.spec.parametersRef;
  if (ref === undefined) return undefined;
  const where = 'spec.parametersRef';
  if (ref.group !== ENVOY_PROXY.group || ref.kind !== ENVOY_PROXY.kind) {
    return invalid(`${where}: ${kindName(ref)} cannot hold parameters; name an EnvoyProxy of group ${ENVOY_PROXY.group}.`);
  }
  if (ref.namespace === undefined) return invalid(`${where}.namespace: missing; an EnvoyProxy lives in a namespace, so name it.`);
  if (!found(`${ref.namespace}/${ref.name}`)) {
    return invalid(`${where}: EnvoyProxy ${ref.namespace}/${ref.name} does not exist; create it or remove the reference.`);
  }
  return undefined;
}

const invalid = (message: string): Problem => ({
  type: 'Accepted',
  reason: 'InvalidParameters',
  message: `Field ${message}`,
});
