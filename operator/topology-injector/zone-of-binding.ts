import type { KubeClient } from '../cluster/kube-client.ts';
import { NODE, POD } from '../infrastructure/kubernetes/proxy-kinds.ts';
import { ownerOf } from '../infrastructure/kubernetes/proxy-owner.ts';
import { type Binding, ZONE } from './admission-review.ts';

export interface ZoneSource {
  readonly client: Pick<KubeClient, 'get'>;
  /** Where the proxies run; undefined: each in the namespace of its Gateway. */
  readonly home: string | undefined;
}

/**
 * The zone of the node that a proxy of ours is to run on; undefined: the pod is not ours, or the node has no zone. Throws KubernetesError, and the
 * signal's reason.
 */
export async function zoneOfBinding(binding: Binding, { client, home }: ZoneSource, signal: AbortSignal): Promise<string | undefined> {
  if (home !== undefined && binding.namespace !== home) return undefined;
  const pod = await client.get(POD, binding.pod, signal);
  if (ownerOf(pod.metadata.labels) === undefined) return undefined;
  return (await client.get(NODE, binding.node, signal)).metadata.labels?.[ZONE] || undefined;
}
