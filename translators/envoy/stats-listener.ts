import { create } from '@bufbuild/protobuf';
import { type Cluster, Cluster_DiscoveryType, ClusterSchema } from '../../xds/proto/gen/envoy/config/cluster/v3/cluster_pb.ts';
import type { Address } from '../../xds/proto/gen/envoy/config/core/v3/address_pb.ts';
import { type Listener, ListenerSchema } from '../../xds/proto/gen/envoy/config/listener/v3/listener_pb.ts';
import type { VirtualHostSchema } from '../../xds/proto/gen/envoy/config/route/v3/route_components_pb.ts';
import { RouterSchema } from '../../xds/proto/gen/envoy/extensions/filters/http/router/v3/router_pb.ts';
import { HttpConnectionManagerSchema } from '../../xds/proto/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts';
import { socketAddress } from './address.ts';
import { durationOf } from './duration.ts';
import type { MessageInit } from './message-init.ts';
import { pack } from './pack.ts';

const CLUSTER = 'prometheus_stats';
const PATH = '/stats/prometheus';

/** The admin interface, for the one path that the listener lets through. */
export function statsCluster(admin: Address): Cluster {
  return create(ClusterSchema, {
    name: CLUSTER,
    clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.STATIC },
    connectTimeout: durationOf(10_000),
    loadAssignment: {
      clusterName: CLUSTER,
      endpoints: [{ lbEndpoints: [{ hostIdentifier: { case: 'endpoint', value: { address: admin } } }] }],
    },
  });
}

export interface StatsAddress {
  readonly address: string;
  readonly port: number;
  readonly ipv6Only?: boolean;
}

/** Serves the proxy's metrics. Exactly one normalised path leads to the admin interface, which can also stop the proxy and show its secrets. */
export function statsListener({ address, port, ipv6Only = false }: StatsAddress): Listener {
  const manager = pack(HttpConnectionManagerSchema, {
    statPrefix: 'eg-stats-http',
    normalizePath: true,
    routeSpecifier: { case: 'routeConfig', value: { name: 'local_route', virtualHosts: [VIRTUAL_HOST] } },
    httpFilters: [{ name: 'envoy.filters.http.router', configType: { case: 'typedConfig', value: pack(RouterSchema) } }],
  });
  return create(ListenerSchema, {
    name: `envoy-gateway-proxy-stats-${address}-${port}`,
    address: socketAddress(address, port, ipv6Only),
    bypassOverloadManager: true,
    filterChains: [
      { filters: [{ name: 'envoy.filters.network.http_connection_manager', configType: { case: 'typedConfig', value: manager } }] },
    ],
  });
}

const VIRTUAL_HOST: MessageInit<typeof VirtualHostSchema> = {
  name: CLUSTER,
  domains: ['*'],
  routes: [
    {
      match: {
        pathSpecifier: { case: 'path', value: PATH },
        headers: [
          { name: ':method', headerMatchSpecifier: { case: 'stringMatch', value: { matchPattern: { case: 'exact', value: 'GET' } } } },
        ],
      },
      action: { case: 'route', value: { clusterSpecifier: { case: 'cluster', value: CLUSTER } } },
    },
  ],
};
