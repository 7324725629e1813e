import { encodeReadyListener } from '../../envoy/encode.ts';
import type { Collection } from '../../graph/collection.ts';
import type { Graph } from '../../graph/graph.ts';
import type { InfraNode } from '../../ir/infra-node.ts';
import type { Settings } from '../../settings.ts';
import { type FleetResource, sameResource } from '../routes/route-configurations.ts';
import type { FleetListening } from './fleet-listening.ts';

/** Where each fleet's proxies say that they are ready; none where nobody asks. Keyed by fleet. */
export const readyListeners = (
  graph: Graph,
  infra: Collection<InfraNode>,
  listening: Collection<FleetListening>,
  { readyPort }: Settings,
): Collection<FleetResource> =>
  graph.derive(
    'readyListeners',
    infra,
    function* (_infra, fetch, fleet) {
      const how = fetch.one(listening, fleet);
      if (readyPort === undefined || how === undefined) return;
      const { bindAddress, ipv6Only } = how;
      yield [fleet, { fleet, resource: encodeReadyListener({ kind: 'ReadyListener', bindAddress, ipv6Only, port: readyPort }) }];
    },
    { equals: sameResource },
  );
