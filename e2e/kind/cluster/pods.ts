import type { KubernetesObject } from '../../../crds/object-meta.ts';
import { until } from '../../harness/until.ts';
import type { KindCluster } from './kind-cluster.ts';

const POD = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true } as const;

export interface Pod extends KubernetesObject {
  readonly spec: { readonly containers: readonly { readonly image: string }[] };
  readonly status: {
    readonly phase: string;
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly lastTransitionTime: string }[];
    readonly containerStatuses?: readonly {
      readonly name: string;
      readonly ready: boolean;
      readonly restartCount: number;
      readonly state: { readonly running?: { readonly startedAt: string } };
    }[];
  };
}

/** All of them, also those on their way out. */
export async function podsOf({ client }: KindCluster, namespace: string, labelSelector: string): Promise<readonly Pod[]> {
  const { items } = await client.list(POD, { namespace, labelSelector });
  return items as readonly Pod[]; // of an API server, which checks them
}

export const isReady = ({ status }: Pod): boolean =>
  status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;

/** Waits until exactly so many pods are there, all of them ready and none on its way out. */
export function untilReady(cluster: KindCluster, namespace: string, labelSelector: string, count: number): Promise<readonly Pod[]> {
  return until(
    `${count} pods ${labelSelector} in ${namespace} are ready`,
    async () => {
      const pods = await podsOf(cluster, namespace, labelSelector);
      return pods.length === count && pods.every((pod) => isReady(pod) && pod.metadata.deletionTimestamp === undefined) ? pods : undefined;
    },
    { limit: 120_000, interval: 100 },
  );
}

/** From the start of the first container to readiness; Kubernetes keeps whole seconds. */
export function secondsToReady({ status }: Pod): number {
  const started = status.containerStatuses?.[0]?.state.running?.startedAt ?? '';
  const ready = status.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime ?? '';
  return (Date.parse(ready) - Date.parse(started)) / 1000;
}

/** Of the oldest process of the node whose command line holds `words`, in MB. */
export async function residentMemory({ inNode }: KindCluster, words: string): Promise<number> {
  const pid = (await inNode('pgrep', '--oldest', '--full', words)).trim();
  return Math.round(Number((await inNode('ps', '-o', 'rss=', '-p', pid)).trim()) / 1024);
}
