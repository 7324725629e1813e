import { create } from '@bufbuild/protobuf';
import {
  type DirectResponseAction,
  DirectResponseActionSchema,
  RouteAction_ClusterNotFoundResponseCode,
  type RouteActionSchema,
  type WeightedCluster_ClusterWeightSchema,
} from '../../xds/proto/gen/envoy/config/route/v3/route_components_pb.ts';
import { emitBackend } from '../features/emit-route.ts';
import type { BackendShare } from '../ir/route-node.ts';
import type { MessageInit } from './message-init.ts';
import { mergeFragments } from './route-fragment.ts';

/** A cluster that never exists: its share of the requests is answered with `cluster_not_found_response_code` (contract C.17). */
export const INVALID_BACKEND_CLUSTER = 'invalid-backend-cluster';

type ClusterChoice = Pick<MessageInit<typeof RouteActionSchema>, 'clusterSpecifier' | 'clusterNotFoundResponseCode'>;
type ClusterWeightInit = MessageInit<typeof WeightedCluster_ClusterWeightSchema>;
type ClusterShare = Extract<BackendShare, { kind: 'Cluster' }>;

/** Where requests go; undefined if no valid backend has a weight, so that all of them get a 500 (HTTPRoute `backendRefs`). */
export function clusterChoiceOf(backends: readonly BackendShare[]): ClusterChoice | undefined {
  const shares = backends.filter((share): share is ClusterShare => share.kind === 'Cluster' && share.weight > 0);
  const invalidWeight = backends.reduce((sum, share) => sum + (share.kind === 'Invalid' ? share.weight : 0), 0);
  const [only] = shares;
  if (only === undefined) return undefined;
  if (shares.length === 1 && invalidWeight === 0 && only.features.length === 0) {
    return { clusterSpecifier: { case: 'cluster', value: only.cluster } };
  }
  const clusters = shares.map(clusterWeightOf);
  if (invalidWeight === 0) return { clusterSpecifier: { case: 'weightedClusters', value: { clusters } } };
  return {
    clusterSpecifier: {
      case: 'weightedClusters',
      value: { clusters: [...clusters, { name: INVALID_BACKEND_CLUSTER, weight: invalidWeight }] },
    },
    clusterNotFoundResponseCode: RouteAction_ClusterNotFoundResponseCode.INTERNAL_SERVER_ERROR,
  };
}

/** The answer where there is nothing to forward to, or nothing that may be forwarded. */
export const serverError = (): DirectResponseAction => create(DirectResponseActionSchema, { status: 500 });

function clusterWeightOf({ cluster, weight, features }: ClusterShare): ClusterWeightInit {
  const { headers, rest } = mergeFragments(emitBackend(features));
  return {
    name: cluster,
    weight,
    ...headers,
    ...(rest.hostRewriteLiteral === undefined
      ? {}
      : { hostRewriteSpecifier: { case: 'hostRewriteLiteral', value: rest.hostRewriteLiteral } }),
  };
}
