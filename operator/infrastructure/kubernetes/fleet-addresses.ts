import type { KubernetesObject } from '../../../crds/object-meta.ts';
import { fieldsOf, objectsIn, textsIn } from './json-fields.ts';

/** Where clients reach a Service: what the load balancer was given, else external IPs, else the cluster IPs; for NodePort the addresses of nodes (contract C.2). */
export function addressesOf(service: KubernetesObject | undefined, nodes: () => readonly string[]): readonly string[] {
  const [spec, status] = [fieldsOf(service?.spec), fieldsOf(service?.status)];
  const ingress = objectsIn(fieldsOf(status['loadBalancer'])['ingress']);
  const balanced = spec['type'] === 'LoadBalancer' ? ingress.flatMap(({ ip, hostname }) => textsIn([ip, hostname])) : [];
  if (balanced.length > 0) return [...new Set(balanced)];
  const external = textsIn(spec['externalIPs']);
  if (external.length > 0) return external;
  if (spec['type'] === 'ClusterIP') return textsIn(spec['clusterIPs']).filter((address) => address !== 'None');
  return spec['type'] === 'NodePort' ? nodes() : [];
}

/** Whether a Service needs to know nodes, and if only those with a proxy on them take its traffic. */
export function nodesFor(service: KubernetesObject | undefined): NodeNeed | undefined {
  const spec = fieldsOf(service?.spec);
  if (spec['type'] !== 'NodePort' || textsIn(spec['externalIPs']).length > 0) return undefined;
  return spec['externalTrafficPolicy'] === 'Local' ? 'withProxy' : 'all';
}

export type NodeNeed = 'all' | 'withProxy';
