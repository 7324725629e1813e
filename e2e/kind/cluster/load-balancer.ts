import { setTimeout as sleep } from 'node:timers/promises';
import type { Service } from '../../../crds/kubernetes/service.ts';
import { withStatus } from '../../../operator/cluster/kubernetes-error.ts';
import { keyOf } from '../../../operator/cluster/resource-kind.ts';
import { resourceKind } from '../../harness/test-cluster.ts';
import type { KindCluster } from './kind-cluster.ts';

const SERVICE = resourceKind('Service');
const LOOK_MS = 100;

/**
 * Plays a cloud's load balancer: gives the node's address to Services of that type, so that two of them must not have a port in common. kube-proxy
 * takes it from there. Gives what ends it.
 */
export function startLoadBalancer({ client, address }: Pick<KindCluster, 'client' | 'address'>): () => Promise<void> {
  const over = new AbortController();
  const serve = async (): Promise<void> => {
    while (!over.signal.aborted) {
      await look();
      await sleep(LOOK_MS, undefined, { signal: over.signal }).catch(() => undefined);
    }
  };
  const look = async (): Promise<void> => {
    const { items } = await client.list(SERVICE, { fieldSelector: 'spec.type=LoadBalancer' });
    // Of an API server, which checks them.
    const waiting = (items as readonly WithStatus[]).filter(({ status }) => (status?.loadBalancer?.ingress ?? []).length === 0);
    for (const { metadata } of waiting) {
      const body = { status: { loadBalancer: { ingress: [{ ip: address }] } } };
      await client.patch(SERVICE, keyOf(metadata), { type: 'merge', body }, { subresource: 'status' }).catch((error: unknown) => {
        // It went meanwhile.
        if (!withStatus(error, 404)) throw error;
      });
    }
  };
  const serving = serve();
  return async () => {
    over.abort();
    await serving;
  };
}

type WithStatus = Service & { readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly object[] } } };
