import { create } from '@bufbuild/protobuf';
import { anyPack } from '@bufbuild/protobuf/wkt';
import { type FilterChain, FilterChainSchema } from '../../xds/proto/gen/envoy/config/listener/v3/listener_components_pb.ts';
import { HttpConnectionManagerSchema } from '../../xds/proto/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts';
import type { FilterChainNode } from '../ir/listener-node.ts';
import { downstreamTls } from './downstream-tls.ts';
import { buildHttpConnectionManager, type ConnectionOptions } from './http-connection-manager.ts';
import { metadataOf } from './metadata.ts';

/** One way into a listener. Names of hosts are matched as TLS sends them, `*.x` by suffix; without names every client is taken. */
export function buildFilterChain(node: FilterChainNode, connections: ConnectionOptions): FilterChain {
  const manager = buildHttpConnectionManager(node.routeConfiguration, connections);
  return create(FilterChainSchema, {
    name: node.name,
    ...(node.serverNames.length === 0 ? {} : { filterChainMatch: { serverNames: [...node.serverNames] } }),
    filters: [
      {
        name: 'envoy.filters.network.http_connection_manager',
        configType: { case: 'typedConfig', value: anyPack(HttpConnectionManagerSchema, manager) },
      },
    ],
    ...(node.tls === undefined ? {} : { transportSocket: downstreamTls(node.tls, ['h2', 'http/1.1']) }),
    metadata: metadataOf([node.origin]),
  });
}
