import type { KindCluster } from './kind-cluster.ts';

/** Kinds whose objects come and go by the cluster's own doing, with those that they belong to. */
const OF_THE_CLUSTER = /^(events|endpoints|endpointslices|replicasets|controllerrevisions)(\.|$)|^leases\.coordination/;

/** All objects of a cluster by kind, namespace and name, so that one can tell what somebody has left behind. */
export async function objectsOf({ kubectl }: KindCluster): Promise<readonly string[]> {
  const kinds = (await kubectl('api-resources', '--verbs=list,delete', '-o', 'name')).trim().split(/\s+/);
  const columns = 'custom-columns=kind:.kind,namespace:.metadata.namespace,name:.metadata.name';
  const asked = kinds.filter((kind) => !OF_THE_CLUSTER.test(kind)).join(',');
  const list = await kubectl('get', asked, '--all-namespaces', '--ignore-not-found', '--no-headers', '-o', columns);
  const lines = list.trim().split('\n');
  return [...new Set(lines.map((line) => line.replaceAll(/\s+/g, ' ').trim()))].toSorted();
}
