import { create } from '@bufbuild/protobuf';
import {
  type DirectResponseAction,
  DirectResponseActionSchema,
  RouteAction_ClusterNotFoundResponseCode,
  type RouteActionSchema,
  type WeightedCluster_ClusterWeightSchema,
} from '../../xds/proto/gen/envoy/config/route/v3/route_components_pb.ts';
import { emitBackend } from '../features/emit-route.ts';
import type { BackendShare, RouteNode, RouteProtocol } from '../ir/route-node.ts';
import type { MessageInit } from './message-init.ts';
import { editedThen, editsHeaders, type HeaderFields, mergeFragments } from './route-fragment.ts';

/** A cluster that never exists: its share of the requests is answered with `cluster_not_found_response_code` (contract C.17). */
export const INVALID_BACKEND_CLUSTER = 'invalid-backend-cluster';

type ClusterChoice = Pick<MessageInit<typeof RouteActionSchema>, 'clusterSpecifier' | 'clusterNotFoundResponseCode'>;
type ClusterWeightInit = MessageInit<typeof WeightedCluster_ClusterWeightSchema>;
type ClusterShare = Extract<BackendShare, { kind: 'Cluster' }>;

/** Whether some backend edits headers itself. */
export const backendsEditHeaders = (backends: readonly BackendShare[]): boolean =>
  backends.some(
    (share) => share.kind === 'Cluster' && share.weight > 0 && editsHeaders(mergeFragments(emitBackend(share.features)).headers),
  );

const NO_EDITS: HeaderFields = {
  requestHeadersToAdd: [],
  requestHeadersToRemove: [],
  responseHeadersToAdd: [],
  responseHeadersToRemove: [],
};

/**
 * Where requests go; undefined if no valid backend has a weight, so that all of them get an error (`backendRefs` of HTTPRoute and GRPCRoute).
 * @param ofRule the rule's edits of headers, where they stand with the backends': Envoy would come to those of a route last, and the rule would have the last word
 */
export function clusterChoiceOf(
  { backends, protocol }: Pick<RouteNode, 'backends' | 'protocol'>,
  ofRule: HeaderFields = NO_EDITS,
): ClusterChoice | undefined {
  const shares = backends.filter((share): share is ClusterShare => share.kind === 'Cluster' && share.weight > 0);
  const invalidWeight = backends.reduce((sum, share) => sum + (share.kind === 'Invalid' ? share.weight : 0), 0);
  const [only] = shares;
  if (only === undefined) return undefined;
  if (shares.length === 1 && invalidWeight === 0 && only.features.length === 0) {
    return { clusterSpecifier: { case: 'cluster', value: only.cluster } };
  }
  const clusters = shares.map((share) => clusterWeightOf(share, ofRule));
  if (invalidWeight === 0) return { clusterSpecifier: { case: 'weightedClusters', value: { clusters } } };
  return {
    clusterSpecifier: {
      case: 'weightedClusters',
      value: { clusters: [...clusters, { name: INVALID_BACKEND_CLUSTER, weight: invalidWeight, ...ofRule }] },
    },
    clusterNotFoundResponseCode: NOT_FOUND[protocol],
  };
}

/** Envoy tells a call of gRPC an error of HTTP as the status that goes with it: UNAVAILABLE for a 503, UNKNOWN for a 500 (GRPCRoute asks for the first). */
const ERROR_STATUS: Readonly<Record<RouteProtocol, number>> = { http: 500, grpc: 503 };
const NOT_FOUND: Readonly<Record<RouteProtocol, RouteAction_ClusterNotFoundResponseCode>> = {
  http: RouteAction_ClusterNotFoundResponseCode.INTERNAL_SERVER_ERROR,
  grpc: RouteAction_ClusterNotFoundResponseCode.SERVICE_UNAVAILABLE,
};

/** The answer where there is nothing to forward to, or nothing that may be forwarded. */
export const serverError = (protocol: RouteProtocol = 'http'): DirectResponseAction =>
  create(DirectResponseActionSchema, { status: ERROR_STATUS[protocol] });

function clusterWeightOf({ cluster, weight, features }: ClusterShare, ofRule: HeaderFields): ClusterWeightInit {
  const { headers, rest } = mergeFragments(emitBackend(features));
  return {
    name: cluster,
    weight,
    ...headers,
    ...editedThen(ofRule, headers),
    ...(rest.hostRewriteLiteral === undefined
      ? {}
      : { hostRewriteSpecifier: { case: 'hostRewriteLiteral', value: rest.hostRewriteLiteral } }),
  };
}
