import type { Collection } from '../../graph/collection.ts';
import type { Graph } from '../../graph/graph.ts';
import type { WantedAssignment } from '../../inputs.ts';
import type { InfraNode } from '../../ir/infra-node.ts';
import type { Settings } from '../../settings.ts';

/** The load assignment that has the proxies of a fleet. Its name stands in their bootstrap, so it must not hang on anything that changes. */
export const fellowsOf = (fleet: string): string => `fleet/${fleet}`;

/** The name of a fleet's Service. */
export const serviceNameOf = ({ name, proxy }: InfraNode): string => proxy.provider?.kubernetes?.envoyService?.name ?? name;

/** What the endpoints' graph is asked for, so that proxies know how they are spread over zones: the fleet's Service by its first port. Keyed `<fleet>|<load assignment>`. */
export const fellowAssignments = (graph: Graph, infra: Collection<InfraNode>, { fellows }: Settings): Collection<WantedAssignment> =>
  graph.derive('fellowAssignments', infra, function* (node, _fetch, fleet) {
    const [first] = node.ports;
    if (fellows === undefined || first === undefined) return;
    const name = fellowsOf(fleet);
    yield [
      `${fleet}|${name}`,
      {
        fleet,
        name,
        namespace: node.namespace ?? fellows.namespace,
        service: serviceNameOf(node),
        port: first.port,
        transport: first.transport,
      },
    ];
  });
