import { create } from '@bufbuild/protobuf';
import { type Cluster, Cluster_DiscoveryType, ClusterSchema } from '../../xds/proto/gen/envoy/config/cluster/v3/cluster_pb.ts';
import { LeastRequestSchema } from '../../xds/proto/gen/envoy/extensions/load_balancing_policies/least_request/v3/least_request_pb.ts';
import { adsSource } from './ads-source.ts';
import { durationOf } from './duration.ts';
import { pack } from './pack.ts';

export const LOCAL_CLUSTER = 'local_cluster';

/** A proxy starts without knowing its fellows rather than not at all. */
const WAIT_MS = 5000;

/**
 * The fleet itself: how its proxies are spread over zones is what routing by zone compares backends with.
 * @param loadAssignment name of the proxies' endpoints
 */
export const localCluster = (loadAssignment: string): Cluster =>
  create(ClusterSchema, {
    name: LOCAL_CLUSTER,
    clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.EDS },
    edsClusterConfig: { edsConfig: adsSource(WAIT_MS), serviceName: loadAssignment },
    connectTimeout: durationOf(10_000),
    loadBalancingPolicy: {
      policies: [{ typedExtensionConfig: { name: 'envoy.load_balancing_policies.least_request', typedConfig: BY_ZONE } }],
    },
  });

const BY_ZONE = pack(LeastRequestSchema, {
  localityLbConfig: { localityConfigSpecifier: { case: 'zoneAwareLbConfig', value: { minClusterSize: 1n } } },
});
