import type { KubernetesObject } from '../crds/object-meta.ts';
import type { RenderOptions } from '../operator/infrastructure/kubernetes/fleet-context.ts';
import { renderFleet } from '../operator/infrastructure/kubernetes/render.ts';
import type { InfraNode } from '../translators/ir/infra-node.ts';
import type { Translation } from '../translators/translate.ts';

export interface InfraView {
  /** Of all fleets, each in the order in which they are applied. */
  readonly manifests: readonly KubernetesObject[];
  /** Of fleets that cannot be made, in words for people. */
  readonly problems: readonly string[];
}

/** Proxies that run beside their controller have no manifests; of those that cannot be made the status tells. */
const isOfCluster = ({ problem, proxy }: InfraNode): boolean => problem === undefined && proxy.provider?.type !== 'Host';

/** The manifests of all proxies. */
export function infraView({ infra }: Pick<Translation, 'infra'>, options: RenderOptions): InfraView {
  const rendered = infra.filter(isOfCluster).map((node) => ({ fleet: node.fleet, result: renderFleet(node, options) }));
  return {
    manifests: rendered.flatMap(({ result }) => (result.ok ? result.value : [])),
    problems: rendered.flatMap(({ fleet, result }) => (result.ok ? [] : [`Gateway ${fleet}: ${result.problem.message}`])),
  };
}
