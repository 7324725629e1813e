import type { Collection } from '../../graph/collection.ts';
import type { Graph } from '../../graph/graph.ts';
import type { Settings } from '../../settings.ts';
import type { OwnedGateway } from '../owned-gateways.ts';
import type { FleetProxy } from './fleet-proxy.ts';

/** What of a fleet's EnvoyProxy shows in its listeners; apart from the rest of it, so that only such a change wakes them. */
export interface FleetListening {
  /** `::` or an IP. */
  readonly bindAddress: string;
  /** `::` takes no IPv4. */
  readonly ipv6Only: boolean;
  /** The proxy binds the ports of the Gateway as they are. */
  readonly portsAsTheyAre: boolean;
  /** Requests are logged. */
  readonly accessLog: boolean;
}

/** Keyed by fleet. */
export const fleetListening = (graph: Graph, gateways: Collection<OwnedGateway>, settings: Settings): Collection<FleetListening> =>
  graph.derive('fleetListening', gateways, function* ({ fleet, proxy }) {
    yield [fleet, listeningOf(proxy, settings)];
  });

/** Whether a fleet logs what it serves, and nothing more: as many filters ask for it as there are routes that carry bytes. Keyed by fleet. */
export const loggedFleets = (graph: Graph, listening: Collection<FleetListening>): Collection<boolean> =>
  graph.derive('loggedFleets', listening, function* ({ accessLog }, _fetch, fleet) {
    yield [fleet, accessLog];
  });

const BIND_ADDRESSES = { IPv4: '0.0.0.0', IPv6: '::', DualStack: '::' } as const;

function listeningOf({ spec: { ipFamily, provider, telemetry } }: FleetProxy, settings: Settings): FleetListening {
  return {
    bindAddress: ipFamily === undefined ? settings.bindAddress : BIND_ADDRESSES[ipFamily],
    ipv6Only: ipFamily === 'IPv6',
    // A machine that several fleets share has no ports of a container.
    portsAsTheyAre: provider?.kubernetes?.useListenerPortAsContainerPort === true && !settings.exclusivePorts,
    accessLog: telemetry?.accessLog?.disable !== true,
  };
}
