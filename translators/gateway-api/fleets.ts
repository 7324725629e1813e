import type { Collection } from '../graph/collection.ts';
import type { Graph } from '../graph/graph.ts';
import type { InfraNode, InfraOwner, InfraPort } from '../ir/infra-node.ts';
import { portKey } from '../ir/transport.ts';
import type { Settings } from '../settings.ts';
import { isNamed } from './addresses/named-addresses.ts';
import { isClusterOnly } from './addresses/requested-addresses.ts';
import { compareText } from './age.ts';
import { infraName, shortHash } from './infra-name.ts';
import type { ServingListener } from './listeners/serving-listeners.ts';
import type { OwnedGateway } from './owned-gateways.ts';

/** The proxies to run, one entry a fleet. A Gateway without a usable listener has none (contract C.4). */
export function fleets(
  graph: Graph,
  gateways: Collection<OwnedGateway>,
  serving: Collection<ServingListener>,
  { deploy }: Settings,
): Collection<InfraNode> {
  const place = deploy === 'GatewayNamespace' ? withGateway : withController;
  const byGateway = graph.index('infraPortsByGateway', infraPorts(graph, serving), ({ gateway }) => [gateway]);
  return graph.derive('fleets', gateways, function* (gateway, fetch) {
    const ports = fetch.by(byGateway, gateway.key).map(({ port }) => port);
    ports.sort((a, b) => a.port - b.port || compareText(a.name, b.name));
    if (ports.length > 0) yield [gateway.fleet, { ...infraOf(gateway, ports), ...place(gateway) }];
  });
}

/** Listeners share a port, however many they are; HTTPS names one that it shares with TLS. One number may stand for a port of each transport. */
function infraPorts(
  graph: Graph,
  serving: Collection<ServingListener>,
): Collection<{ readonly gateway: string; readonly port: InfraPort }> {
  const first = graph.first('infraPortsFirst', serving, {
    by: ({ gateway, transport, port }) => [portKey(gateway, transport, port)],
    orderBy: (a, b) => compareText(a.protocol, b.protocol),
  });
  return graph.derive('infraPorts', first, function* ({ key, winner: { gateway, protocol, transport, port, bindPort } }) {
    yield [key, { gateway, port: { name: `${protocol.toLowerCase()}-${port}`, protocol, transport, port, bindPort } }];
  });
}

type Place = Pick<InfraNode, 'name' | 'namespace' | 'owner'>;

const withController = ({ fleet, gatewayClass: name, classUid: uid }: OwnedGateway): Place => ({
  name: infraName(fleet),
  owner: ownerOf({ kind: 'GatewayClass', name, uid }),
});

/** Names are exactly the Gateway's, and so is the lifetime (contract D.2): owner and owned have to be in one namespace. */
const withGateway = ({ name, namespace, uid }: OwnedGateway): Place => ({
  name,
  namespace,
  owner: ownerOf({ kind: 'Gateway', name, uid }),
});

const ownerOf = ({ uid, ...of }: { readonly kind: string; readonly name: string; readonly uid: string | undefined }): InfraOwner => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  ...of,
  ...(uid === undefined ? {} : { uid }),
});

function infraOf(gateway: OwnedGateway, ports: readonly InfraPort[]): Omit<InfraNode, keyof Place> {
  const { labels = {}, annotations = {} } = gateway.spec.infrastructure ?? {};
  const selector = selectorOf(gateway);
  return {
    kind: 'Infra',
    fleet: gateway.fleet,
    selector,
    labels: { ...labels, ...selector, 'gateway.networking.k8s.io/gateway-name': labelValue(gateway.name) },
    annotations,
    ports,
    addresses: (gateway.spec.addresses ?? []).flatMap((address) =>
      address.value === undefined || isNamed(address) ? [] : [address.value],
    ),
    ...(gateway.named === undefined ? {} : { named: gateway.named }),
    ...(isClusterOnly(gateway.spec) ? { clusterOnly: true } : {}),
    proxy: gateway.proxy.spec,
    proxyFrom: gateway.proxy.from,
    ...(gateway.standstill === undefined ? {} : { problem: gateway.standstill }),
    gatewayClass: gateway.gatewayClass,
    origin: gateway.ref,
  };
}

const selectorOf = ({ namespace, name }: OwnedGateway): InfraNode['selector'] => ({
  'app.kubernetes.io/name': 'envoy',
  'app.kubernetes.io/component': 'proxy',
  'app.kubernetes.io/managed-by': 'envoy-gateway',
  'gateway.envoyproxy.io/owning-gateway-name': labelValue(name),
  'gateway.envoyproxy.io/owning-gateway-namespace': namespace,
});

const MAX_LABEL = 63;

/** Names of objects may be longer than values of labels; a cut one keeps what tells it apart. */
const labelValue = (text: string): string => (text.length <= MAX_LABEL ? text : `${text.slice(0, MAX_LABEL - 9)}-${shortHash(text)}`);
