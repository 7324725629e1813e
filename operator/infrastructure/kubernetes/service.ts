import type { KubernetesService } from '../../../crds/gateway-envoyproxy-io/proxy-kubernetes.ts';
import { serviceNameOf } from '../../../translators/gateway-api/proxy/fellows.ts';
import type { InfraNode, InfraPort } from '../../../translators/ir/infra-node.ts';
import { type FleetContext, type Manifest, metaOf, said } from './fleet-context.ts';

/** What the API server makes of an empty `envoyService`. */
const DEFAULT: KubernetesService = { type: 'LoadBalancer', externalTrafficPolicy: 'Local' };

/** How clients reach the proxies. */
export function service(context: FleetContext): Manifest {
  const { infra, kubernetes } = context;
  const { labels, annotations, ...configured } = kubernetes.envoyService ?? DEFAULT;
  const chosen: typeof configured = infra.clusterOnly ? { ...configured, type: 'ClusterIP' } : configured;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metaOf(context, { name: serviceNameOf(infra), labels, annotations: { ...annotations, ...infra.named?.annotations } }),
    spec: said({
      type: chosen.type,
      selector: infra.selector,
      ports: infra.ports.map(portOf),
      sessionAffinity: 'None',
      ...outsideOf(chosen, infra.addresses),
      ...familiesOf(infra),
    }),
  };
}

const portOf = ({ name, port, bindPort, transport }: InfraPort) => ({ name, port, targetPort: bindPort, protocol: transport });

/** What only makes sense where clients are outside of the cluster is refused by the API server elsewhere. */
function outsideOf(chosen: KubernetesService, addresses: readonly string[]): Readonly<Record<string, unknown>> {
  if (chosen.type === 'ClusterIP') return addresses.length === 0 ? {} : { clusterIP: addresses[0], clusterIPs: addresses.slice(0, 1) };
  const outside = { externalTrafficPolicy: chosen.externalTrafficPolicy, externalIPs: addresses.length === 0 ? undefined : addresses };
  if (chosen.type === 'NodePort') return outside;
  const { loadBalancerClass, allocateLoadBalancerNodePorts, loadBalancerSourceRanges, loadBalancerIP } = chosen;
  return { ...outside, loadBalancerClass, allocateLoadBalancerNodePorts, loadBalancerSourceRanges, loadBalancerIP };
}

const FAMILIES = {
  IPv4: { ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' },
  IPv6: { ipFamilies: ['IPv6'], ipFamilyPolicy: 'SingleStack' },
  DualStack: { ipFamilies: ['IPv4', 'IPv6'], ipFamilyPolicy: 'RequireDualStack' },
} as const;

/** Unset: the cluster's own family. */
const familiesOf = ({ proxy: { ipFamily } }: InfraNode): Readonly<Record<string, unknown>> =>
  ipFamily === undefined ? {} : FAMILIES[ipFamily];
