import { create } from '@bufbuild/protobuf';
import { HealthStatus } from '../../xds/proto/gen/envoy/config/core/v3/health_check_pb.ts';
import type { LbEndpointSchema, LocalityLbEndpointsSchema } from '../../xds/proto/gen/envoy/config/endpoint/v3/endpoint_components_pb.ts';
import { type ClusterLoadAssignment, ClusterLoadAssignmentSchema } from '../../xds/proto/gen/envoy/config/endpoint/v3/endpoint_pb.ts';
import type { EndpointNode, LoadAssignmentNode } from '../ir/cluster-node.ts';
import { socketAddress } from './address.ts';
import type { MessageInit } from './message-init.ts';
import { splitLocalities } from './split-localities.ts';

export type LocalityInit = MessageInit<typeof LocalityLbEndpointsSchema>;

/**
 * The endpoints of a backend by zone. A zone weighs as much as it has endpoints, so each endpoint gets the same share. Draining ones stand
 * in the next priority: there they get nothing as long as another endpoint is left, while marked DRAINING among the others they would
 * count as unhealthy and be used again as soon as they are the majority (Envoy's panic threshold, 50 %).
 */
export function buildLoadAssignment(node: LoadAssignmentNode): ClusterLoadAssignment {
  const endpoints = node.shares === undefined ? byPriority(node.endpoints) : splitLocalities(node.shares, byPriority);
  return create(ClusterLoadAssignmentSchema, { clusterName: node.name, endpoints });
}

function byPriority(endpoints: readonly EndpointNode[]): LocalityInit[] {
  const serving = endpoints.filter((endpoint) => !endpoint.draining);
  const draining = endpoints.filter((endpoint) => endpoint.draining);
  return [...localitiesOf(serving, 0), ...localitiesOf(draining, serving.length > 0 ? 1 : 0)];
}

function localitiesOf(endpoints: readonly EndpointNode[], priority: number): LocalityInit[] {
  const zones = Map.groupBy(endpoints, (endpoint) => endpoint.zone ?? '');
  return [...zones.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([zone, members]) => ({
      ...(zone === '' ? {} : { locality: { zone } }),
      lbEndpoints: members.map(lbEndpointOf),
      loadBalancingWeight: members.length,
      priority,
    }));
}

function lbEndpointOf({ address, port, draining }: EndpointNode): MessageInit<typeof LbEndpointSchema> {
  return {
    hostIdentifier: { case: 'endpoint', value: { address: socketAddress(address, port) } },
    healthStatus: draining ? HealthStatus.DRAINING : HealthStatus.UNKNOWN,
  };
}
