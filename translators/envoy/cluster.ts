import { create } from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';
import type { CircuitBreakers_ThresholdsSchema } from '../../xds/proto/gen/envoy/config/cluster/v3/circuit_breaker_pb.ts';
import {
  type Cluster,
  Cluster_DiscoveryType,
  Cluster_DnsLookupFamily,
  ClusterSchema,
  type LoadBalancingPolicySchema,
} from '../../xds/proto/gen/envoy/config/cluster/v3/cluster_pb.ts';
import { RoutingPriority } from '../../xds/proto/gen/envoy/config/core/v3/base_pb.ts';
import { DnsLookupFamily } from '../../xds/proto/gen/envoy/extensions/clusters/common/dns/v3/dns_pb.ts';
import { DnsClusterSchema } from '../../xds/proto/gen/envoy/extensions/clusters/dns/v3/dns_cluster_pb.ts';
import { LeastRequestSchema } from '../../xds/proto/gen/envoy/extensions/load_balancing_policies/least_request/v3/least_request_pb.ts';
import { HttpProtocolOptionsSchema } from '../../xds/proto/gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.ts';
import type { BackendProtocol, ClusterNode } from '../ir/cluster-node.ts';
import { socketAddress } from './address.ts';
import { adsSource, ENDPOINTS_WAIT_MS } from './ads-source.ts';
import { durationOf } from './duration.ts';
import { HTTP2_WINDOWS } from './http2-windows.ts';
import type { MessageInit } from './message-init.ts';
import { metadataOf } from './metadata.ts';
import { pack } from './pack.ts';
import { upstreamTls } from './upstream-tls.ts';

const PROTOCOL_OPTIONS = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';

/** Said explicitly, because Envoy's default for a cluster without options is an old field. */
const UPSTREAM_PROTOCOLS: Readonly<Record<Exclude<BackendProtocol, 'udp'>, Any>> = {
  http1: explicit({ case: 'httpProtocolOptions', value: {} }),
  http2: explicit({ case: 'http2ProtocolOptions', value: HTTP2_WINDOWS }),
  negotiated: pack(HttpProtocolOptionsSchema, {
    upstreamProtocolOptions: { case: 'autoConfig', value: { httpProtocolOptions: {}, http2ProtocolOptions: HTTP2_WINDOWS } },
  }),
};

const LOAD_BALANCING: MessageInit<typeof LoadBalancingPolicySchema> = {
  policies: [
    {
      typedExtensionConfig: {
        name: 'envoy.load_balancing_policies.least_request',
        typedConfig: pack(LeastRequestSchema, {
          localityLbConfig: { localityConfigSpecifier: { case: 'localityWeightedLbConfig', value: {} } },
        }),
      },
    },
  ],
};

/** A backend with its settings; values of contract D.7. Variants of a backend share its endpoints by `service_name`. */
export function buildCluster(node: ClusterNode): Cluster {
  return create(ClusterSchema, {
    name: node.name,
    ...endpointsOf(node),
    ...(node.tls === undefined || node.isShut === true
      ? {}
      : { transportSocket: upstreamTls(node.tls, node.protocol, node.clientCertificate) }),
    connectTimeout: durationOf(10_000),
    perConnectionBufferLimitBytes: 32_768,
    dnsLookupFamily: Cluster_DnsLookupFamily.V4_PREFERRED,
    ignoreHealthOnHostRemoval: true,
    circuitBreakers: { thresholds: [thresholdsOf(node)] },
    loadBalancingPolicy: LOAD_BALANCING,
    ...(node.protocol === 'udp'
      ? {}
      : { typedExtensionProtocolOptions: { [PROTOCOL_OPTIONS]: UPSTREAM_PROTOCOLS[node.isShut === true ? 'http1' : node.protocol] } }),
    metadata: metadataOf([node.origin]),
  });
}

/** A budget stands above the number of retries. */
const thresholdsOf = ({ retryBudget }: ClusterNode): MessageInit<typeof CircuitBreakers_ThresholdsSchema> => ({
  priority: RoutingPriority.DEFAULT,
  maxConnections: 1024,
  maxPendingRequests: 1024,
  maxRequests: 1024,
  maxRetries: 1024,
  ...(retryBudget === undefined
    ? {}
    : { retryBudget: { budgetPercent: { value: retryBudget.percent }, minRetryConcurrency: retryBudget.minConcurrency } }),
});

/** What is shut has no endpoints, so that every request gets a 503; nor TLS, without which Envoy takes no negotiated protocol. */
function endpointsOf({ name, loadAssignment, isShut, dns }: ClusterNode): MessageInit<typeof ClusterSchema> {
  if (isShut === true) {
    return { clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.STATIC }, loadAssignment: { clusterName: name } };
  }
  if (dns !== undefined) return lookedUp(name, dns);
  return {
    clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.EDS },
    edsClusterConfig: { edsConfig: adsSource(ENDPOINTS_WAIT_MS), serviceName: loadAssignment },
  };
}

/** Contract D.7; but with one endpoint whatever the answer is: many names of the world outside answer with other addresses each time, and none of them is gone. */
const DNS = pack(DnsClusterSchema, {
  dnsRefreshRate: durationOf(30_000),
  respectDnsTtl: true,
  dnsLookupFamily: DnsLookupFamily.V4_PREFERRED,
  allAddressesInSingleEndpoint: true,
});

/** The full stop makes the name a whole one: without it the search path of the pod comes first, and `a.b` is a Service of namespace b. */
function lookedUp(name: string, { hostname, port }: NonNullable<ClusterNode['dns']>): MessageInit<typeof ClusterSchema> {
  const endpoint = { address: socketAddress(`${hostname}.`, port), hostname };
  return {
    clusterDiscoveryType: { case: 'clusterType', value: { name: 'envoy.cluster.dns', typedConfig: DNS } },
    loadAssignment: {
      clusterName: name,
      endpoints: [{ lbEndpoints: [{ hostIdentifier: { case: 'endpoint', value: endpoint } }], loadBalancingWeight: 1 }],
    },
  };
}

type ExplicitConfig = NonNullable<
  Extract<
    NonNullable<MessageInit<typeof HttpProtocolOptionsSchema>['upstreamProtocolOptions']>,
    { case: 'explicitHttpConfig' }
  >['value']['protocolConfig']
>;

function explicit(protocolConfig: ExplicitConfig): Any {
  return pack(HttpProtocolOptionsSchema, { upstreamProtocolOptions: { case: 'explicitHttpConfig', value: { protocolConfig } } });
}
