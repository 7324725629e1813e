import { SPEC_WITHOUT_PROXY } from '../gateway-api/proxy/effective-proxy.ts';
import type { InfraNode } from '../ir/infra-node.ts';

/** A fleet as a Gateway `default/eg` with one plain listener makes it, bound as it is. */
export const infraNode = (port: number, more: Partial<InfraNode> = {}): InfraNode => ({
  kind: 'Infra',
  fleet: 'default/eg',
  name: 'envoy-default-eg-e41e7b31',
  selector: { 'gateway.envoyproxy.io/owning-gateway-name': 'eg', 'gateway.envoyproxy.io/owning-gateway-namespace': 'default' },
  labels: { 'gateway.envoyproxy.io/owning-gateway-name': 'eg', 'gateway.envoyproxy.io/owning-gateway-namespace': 'default' },
  annotations: {},
  ports: [{ name: `http-${port}`, protocol: 'HTTP', transport: 'TCP', port, bindPort: port }],
  addresses: [],
  proxy: SPEC_WITHOUT_PROXY,
  proxyFrom: [],
  gatewayClass: 'eg',
  owner: { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'GatewayClass', name: 'eg' },
  origin: { kind: 'Gateway', namespace: 'default', name: 'eg' },
  ...more,
});
