/**
 * Endpoints have a graph of their own, EndpointSlice or Pod -> ClusterLoadAssignment, so that a pod that comes or goes never waits for routes
 * or listeners, and never touches them.
 */

import type { Resource } from '../xds/resource.ts';
import { encodeLoadAssignment } from './envoy/encode.ts';
import { loadAssignments } from './gateway-api/backends/load-assignments.ts';
import { type FleetResource, sameResource } from './gateway-api/routes/route-configurations.ts';
import type { Collection } from './graph/collection.ts';
import { Graph } from './graph/graph.ts';
import { createEndpointInputs, type EndpointInputs, type WantedAssignment } from './inputs.ts';
import type { LoadAssignmentNode } from './ir/cluster-node.ts';

export interface EndpointPipeline {
  readonly graph: Graph;
  readonly inputs: EndpointInputs;
  /** Keyed `<fleet>|<load assignment>`. */
  readonly loadAssignments: Collection<FleetResource>;
}

export function createEndpointPipeline(): EndpointPipeline {
  const graph = new Graph('endpoints');
  const inputs = createEndpointInputs(graph);
  const encoded = graph.derive<LoadAssignmentNode, Resource>(
    'encodedAssignments',
    loadAssignments(graph, inputs),
    function* (node) {
      yield [node.name, encodeLoadAssignment(node)];
    },
    { equals: (a, b) => a.version === b.version },
  );
  const perFleet = graph.derive<WantedAssignment, FleetResource>(
    'loadAssignments',
    inputs.wanted,
    function* ({ fleet, name }, fetch, key) {
      const resource = fetch.one(encoded, name);
      if (resource !== undefined) yield [key, { fleet, resource }];
    },
    { equals: sameResource },
  );
  return { graph, inputs, loadAssignments: perFleet };
}
