import type { KubernetesObject } from '../../crds/object-meta.ts';
import { createEndpointPipeline } from '../endpoint-pipeline.ts';
import { objectKey } from '../ir/object-key.ts';
import { objectSinks } from '../object-sinks.ts';
import { createPipeline } from '../pipeline.ts';
import type { Settings } from '../settings.ts';
import { SETTINGS } from './settings.ts';

/** Both graphs, linked as a running control plane links them. */
export function createPipelines(settings: Settings = SETTINGS) {
  const main = createPipeline(settings);
  const endpoints = createEndpointPipeline();
  const sinks = objectSinks(main.inputs, endpoints.inputs);
  main.graph.onCommit(main.wanted, (changes) => {
    for (const { key, next } of changes) endpoints.inputs.wanted.put(key, next);
  });
  const sinkOf = (object: KubernetesObject) => {
    const sink = sinks.get(object.kind);
    if (sink === undefined) throw new Error(`no graph reads ${object.kind}`);
    return sink;
  };
  return {
    main,
    endpoints,
    put: (object: KubernetesObject): void => sinkOf(object)(objectKey(object), object),
    remove: (object: KubernetesObject): void => sinkOf(object)(objectKey(object), undefined),
    settle: (): void => {
      main.graph.settle();
      endpoints.graph.settle();
    },
  };
}

export type Pipelines = ReturnType<typeof createPipelines>;
