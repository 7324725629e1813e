import { encodeListener } from '../envoy/encode.ts';
import { HTTP_FILTER_SLOTS } from '../features/registry.ts';
import type { Collection, Group } from '../graph/collection.ts';
import type { Graph } from '../graph/graph.ts';
import type { FilterChainNode, PortListenerNode } from '../ir/listener-node.ts';
import type { Settings } from '../settings.ts';
import type { GatewayListener } from './listeners.ts';
import type { FleetListening } from './proxy/fleet-listening.ts';
import { type FleetResource, sameResource } from './route-configurations.ts';
import type { ServingListener } from './serving-listeners.ts';

/** The Envoy listener of each port, as IR, named after the first of its listeners that serves (contract D.5). Keyed `<fleet>|<port>`. */
export function portListenerNodes(
  graph: Graph,
  ports: Collection<Group<GatewayListener>>,
  { serving, listening }: { readonly serving: Collection<ServingListener>; readonly listening: Collection<FleetListening> },
  settings: Settings,
): Collection<PortListenerNode> {
  return graph.derive('portListenerNodes', ports, function* (port, fetch) {
    const members = port.members.flatMap(({ key }) => fetch.one(serving, key) ?? []);
    const [first] = members;
    const how = first && fetch.one(listening, first.fleet);
    if (first !== undefined && how !== undefined)
      yield [port.key, { ...portListener(first, members, how), exclusivePort: settings.exclusivePorts }];
  });
}

function portListener(
  first: ServingListener,
  members: readonly ServingListener[],
  { bindAddress, ipv6Only, accessLog }: FleetListening,
): Omit<PortListenerNode, 'exclusivePort'> {
  return {
    kind: 'PortListener',
    name: first.key,
    protocol: first.protocol,
    port: first.port,
    bindPort: first.bindPort,
    bindAddress,
    ipv6Only,
    accessLog,
    chains: first.protocol === 'HTTP' ? [plainChain(first)] : members.map(secureChain),
    origins: [first.ref],
  };
}

const plainChain = (first: ServingListener): FilterChainNode => ({
  kind: 'FilterChain',
  name: first.routeConfiguration,
  serverNames: [],
  routeConfiguration: first.routeConfiguration,
  origin: first.ref,
});

const secureChain = (listener: ServingListener): FilterChainNode => ({
  kind: 'FilterChain',
  name: listener.key,
  serverNames: listener.hostname === '' ? [] : [listener.hostname],
  routeConfiguration: listener.routeConfiguration,
  tls: { secrets: listener.secrets },
  origin: listener.ref,
});

/** Keyed `<fleet>|<port>`. */
export const envoyListeners = (graph: Graph, nodes: Collection<PortListenerNode>): Collection<FleetResource> =>
  graph.derive(
    'envoyListeners',
    nodes,
    function* (node, _fetch, key) {
      yield [key, { fleet: key.slice(0, key.lastIndexOf('|')), resource: encodeListener(node, HTTP_FILTER_SLOTS) }];
    },
    { equals: sameResource },
  );
