import type { EnvoyProxySpec } from '../../../crds/gateway-envoyproxy-io/envoy-proxy.ts';
import type { Collection } from '../../graph/collection.ts';
import type { Graph } from '../../graph/graph.ts';
import type { Inputs } from '../../inputs.ts';
import type { Problem } from '../../ir/problem.ts';
import type { Settings } from '../../settings.ts';
import { proxyProblem } from './proxy-problem.ts';
import { fieldsWithoutEffect } from './without-effect.ts';

/** An EnvoyProxy, judged once, whoever uses it. */
export interface ProxyVerdict {
  readonly key: string;
  readonly generation: number | undefined;
  readonly spec: EnvoyProxySpec;
  /** Set: who uses it is not accepted. */
  readonly problem: Problem | undefined;
  /** Fields that this release takes and does nothing about. */
  readonly withoutEffect: readonly string[];
}

/** Keyed by EnvoyProxy. */
export const proxyVerdicts = (graph: Graph, inputs: Inputs, settings: Settings): Collection<ProxyVerdict> =>
  graph.derive('proxyVerdicts', inputs.envoyProxies, function* ({ metadata, spec }, _fetch, key) {
    yield [
      key,
      {
        key,
        generation: metadata.generation,
        spec,
        problem: proxyProblem(spec, settings),
        withoutEffect: fieldsWithoutEffect(spec, settings.exclusivePorts),
      },
    ];
  });
