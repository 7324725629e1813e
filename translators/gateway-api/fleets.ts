import { hash } from 'node:crypto';
import type { Collection } from '../graph/collection.ts';
import type { Graph } from '../graph/graph.ts';
import type { InfraNode, InfraPort } from '../ir/infra-node.ts';
import type { OwnedGateway } from './owned-gateways.ts';
import type { ServingListener } from './serving-listeners.ts';

/** The proxies to run, one entry a fleet. A Gateway without a usable listener has none (contract C.4). */
export function fleets(graph: Graph, gateways: Collection<OwnedGateway>, serving: Collection<ServingListener>): Collection<InfraNode> {
  const byGateway = graph.index('servingByGateway', serving, (listener) => [listener.gateway]);
  return graph.derive('fleets', gateways, function* (gateway, fetch) {
    const ports = portsOf(fetch.by(byGateway, gateway.key));
    if (ports.length > 0) yield [gateway.fleet, infraOf(gateway, ports)];
  });
}

function portsOf(listeners: readonly ServingListener[]): readonly InfraPort[] {
  const ports = new Map<number, InfraPort>();
  for (const { protocol, port, bindPort } of listeners)
    ports.set(port, { name: `${protocol.toLowerCase()}-${port}`, protocol, port, bindPort });
  return [...ports.values()].sort((a, b) => a.port - b.port);
}

function infraOf(gateway: OwnedGateway, ports: readonly InfraPort[]): InfraNode {
  const { labels = {}, annotations = {} } = gateway.spec.infrastructure ?? {};
  return {
    kind: 'Infra',
    fleet: gateway.fleet,
    name: infraName(gateway),
    labels: {
      ...labels,
      'app.kubernetes.io/name': 'envoy',
      'app.kubernetes.io/component': 'proxy',
      'app.kubernetes.io/managed-by': 'envoy-gateway',
      'gateway.envoyproxy.io/owning-gateway-name': gateway.name,
      'gateway.envoyproxy.io/owning-gateway-namespace': gateway.namespace,
    },
    annotations,
    ports,
    gatewayClass: gateway.gatewayClass,
    origin: gateway.ref,
  };
}

/** `envoy-<ns>-<gateway>-<hash>`, the readable part cut at 48 characters (contract D.2). */
const infraName = ({ key, namespace, name }: OwnedGateway): string =>
  `envoy-${`${namespace}-${name}`.slice(0, 48)}-${hash('sha256', key).slice(0, 8)}`;
