import { encodeListener } from '../../envoy/encode-listener.ts';
import { encodeUdpListener } from '../../envoy/encode-streams.ts';
import { HTTP_FILTER_SLOTS } from '../../features/registry.ts';
import type { Collection, Group } from '../../graph/collection.ts';
import type { Graph } from '../../graph/graph.ts';
import type { FilterChainNode, PortListenerNode } from '../../ir/listener-node.ts';
import type { Settings } from '../../settings.ts';
import type { FleetListening } from '../proxy/fleet-listening.ts';
import { type FleetResource, sameResource } from '../routes/route-configurations.ts';
import type { PortChain } from '../streams/stream-chains.ts';
import type { StreamFilter } from '../streams/stream-filters.ts';
import type { GatewayTelemetry } from '../telemetry/telemetry-policies.ts';
import { compareRanks } from './listener-rank.ts';
import { portOfListener, type ServingListener } from './serving-listeners.ts';

/** What the listeners of a port have in common. */
export interface PortSources {
  /** By fleet. */
  readonly listening: Collection<FleetListening>;
  /** By Gateway. */
  readonly telemetry: Collection<GatewayTelemetry>;
}

/** The Envoy listener of each port, as IR, named after the first of its listeners that serves (contract D.5). Keyed by port (`ir/transport.ts`). */
export function portListenerNodes(
  graph: Graph,
  serving: Collection<ServingListener>,
  { listening, telemetry }: PortSources,
  settings: Settings,
): Collection<PortListenerNode> {
  const ports = graph.group('portGroups', serving, {
    by: (listener) => [portOfListener(listener)],
    orderBy: compareRanks,
  });
  const secure = secureChains(graph, serving);
  return graph.derive('portListenerNodes', ports, function* ({ key, members, memberKeys }, fetch) {
    const [first] = members;
    const how = first && fetch.one(listening, first.fleet);
    if (first === undefined || how === undefined) return;
    const chains = first.protocol === 'HTTP' ? [plainChain(first)] : memberKeys.flatMap((member) => fetch.one(secure, member) ?? []);
    const tracing = chains.length === 0 ? undefined : fetch.one(telemetry, first.gateway)?.tracing;
    const node = { ...portListener(first, chains, how), exclusivePort: settings.exclusivePorts };
    yield [key, tracing === undefined ? node : { ...node, tracing }];
  });
}

function portListener(
  first: ServingListener,
  chains: readonly FilterChainNode[],
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
    chains,
    origins: [first.ref],
  };
}

/** Keyed by listener: one stays the same while others of its port come and go. */
const secureChains = (graph: Graph, serving: Collection<ServingListener>): Collection<FilterChainNode> =>
  graph.derive('secureChains', serving, function* (listener, _fetch, key) {
    if (listener.protocol === 'HTTPS') yield [key, secureChain(listener)];
  });

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
  tls: { secrets: listener.secrets, ...(listener.clients === undefined ? {} : { clients: listener.clients }) },
  origin: listener.ref,
});

/** What stands in the listeners for bytes and datagrams: chains by port, and filters of UDP ports. */
export interface PortStreams {
  readonly chains: Collection<Group<PortChain>>;
  readonly filters: Collection<StreamFilter>;
}

/** Keyed by port. */
export function envoyListeners(
  graph: Graph,
  nodes: Collection<PortListenerNode>,
  { chains, filters }: PortStreams,
): Collection<FleetResource> {
  const ofUdpPort = graph.index('datagramFilters', filters, ({ port, resource }) => (resource === undefined ? [port] : []));
  return graph.derive(
    'envoyListeners',
    nodes,
    function* (node, fetch, key) {
      const fleet = key.slice(0, key.lastIndexOf('|'));
      if (node.protocol === 'UDP') yield [key, { fleet, resource: encodeUdpListener(node, fetch.by(ofUdpPort, key)[0]?.backends ?? []) }];
      else {
        const streams = (fetch.one(chains, key)?.members ?? []).map(({ encoded }) => encoded);
        yield [key, { fleet, resource: encodeListener(node, HTTP_FILTER_SLOTS, streams) }];
      }
    },
    { equals: sameResource },
  );
}
