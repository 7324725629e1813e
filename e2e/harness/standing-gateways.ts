import type { KubernetesObject } from '../../crds/object-meta.ts';
import { gateway, gatewayClass, httpRoute, redirectTo } from './gateway-objects.ts';

/** A Gateway without proxies; what its routes are told shows that somebody leads. */
export const MARK = 'mark';

/** How the proxies of `standingGateways` are run. */
export const standingProxies = (): readonly KubernetesObject[] => [
  envoyProxy('two', {}),
  envoyProxy('ported', { envoyService: { type: 'NodePort', externalTrafficPolicy: 'Cluster' } }),
];

const envoyProxy = (name: string, more: object): KubernetesObject => ({
  apiVersion: 'gateway.envoyproxy.io/v1alpha1',
  kind: 'EnvoyProxy',
  metadata: { namespace: 'default', name },
  spec: { provider: { type: 'Kubernetes', kubernetes: { envoyDeployment: { replicas: 2 }, ...more } } },
});

const withSpec = (object: KubernetesObject, more: object): KubernetesObject => ({ ...object, spec: Object.assign({}, object.spec, more) });

/** Two Gateways (`eg`, `other`) with two proxies each, one with a ListenerSet and the addresses of a load balancer, the other one with those of nodes; and one without proxies. */
export function standingGateways(): readonly KubernetesObject[] {
  const parameters = (name: string) => ({ group: 'gateway.envoyproxy.io', kind: 'EnvoyProxy', name });
  return [
    withSpec(gatewayClass('eg'), { parametersRef: { ...parameters('two'), namespace: 'default' } }),
    withSpec(gateway('eg', [{ port: 80 }]), { allowedListeners: { namespaces: { from: 'Same' } } }),
    withSpec(gateway('other', [{ port: 80 }]), { infrastructure: { parametersRef: parameters('ported') } }),
    gateway(MARK, [{ port: 80 }]),
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'ListenerSet',
      metadata: { namespace: 'default', name: 'more' },
      spec: { parentRef: { name: 'eg' }, listeners: [{ name: 'more', port: 81, protocol: 'HTTP' }] },
    },
    httpRoute('plain', { host: 'plain.example.com', rule: redirectTo('elsewhere.example.com') }),
  ];
}
