import type { GatewayClass } from '../../crds/gateway-api/gateway-class.ts';
import type { Collection } from '../graph/collection.ts';
import type { Graph } from '../graph/graph.ts';
import type { Inputs } from '../inputs.ts';
import type { Problem } from '../ir/problem.ts';
import type { Settings } from '../settings.ts';
import { type Parameters, resolveParameters } from './proxy/proxy-reference.ts';
import type { ProxyVerdict } from './proxy/proxy-verdicts.ts';

/** A GatewayClass that names this controller. */
export interface OwnedClass {
  readonly name: string;
  /** Of an object in a cluster. */
  readonly uid: string | undefined;
  readonly generation: number | undefined;
  readonly description: string | undefined;
  /** Key of the EnvoyProxy that it names. */
  readonly proxy: string | undefined;
  /** Set: the class is not accepted, and its Gateways are not programmed. */
  readonly problem: Problem | undefined;
}

/** Early filter: what belongs to another controller ends here and costs nothing further on. */
export function ownedClasses(graph: Graph, inputs: Inputs, verdicts: Collection<ProxyVerdict>, settings: Settings): Collection<OwnedClass> {
  return graph.derive('ownedClasses', inputs.gatewayClasses, function* ({ metadata, spec }, fetch, key) {
    if (spec.controllerName !== settings.controllerName) return;
    const { proxy, problem } = parametersOf(spec, (name) => fetch.one(verdicts, name));
    yield [key, { name: key, uid: metadata.uid, generation: metadata.generation, description: spec.description, proxy, problem }];
  });
}

function parametersOf({ parametersRef: ref }: GatewayClass['spec'], verdictOf: (key: string) => ProxyVerdict | undefined): Parameters {
  if (ref === undefined) return { proxy: undefined, verdict: undefined, problem: undefined };
  return resolveParameters({ ...ref, field: 'spec.parametersRef', namespace: ref.namespace }, verdictOf);
}
