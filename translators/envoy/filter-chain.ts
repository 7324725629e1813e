import { create } from '@bufbuild/protobuf';
import { anyPack } from '@bufbuild/protobuf/wkt';
import type { TransportSocketSchema } from '../../xds/proto/gen/envoy/config/core/v3/base_pb.ts';
import { type FilterChain, FilterChainSchema } from '../../xds/proto/gen/envoy/config/listener/v3/listener_components_pb.ts';
import { HttpConnectionManagerSchema } from '../../xds/proto/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts';
import { TlsParameters_TlsProtocol } from '../../xds/proto/gen/envoy/extensions/transport_sockets/tls/v3/common_pb.ts';
import { DownstreamTlsContextSchema } from '../../xds/proto/gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.ts';
import type { FilterChainNode } from '../ir/listener-node.ts';
import { adsSource, WAIT_FOR_EVER } from './ads-source.ts';
import { buildHttpConnectionManager, type ConnectionOptions } from './http-connection-manager.ts';
import type { MessageInit } from './message-init.ts';
import { metadataOf } from './metadata.ts';
import { pack } from './pack.ts';

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
    ...(node.tls === undefined ? {} : { transportSocket: downstreamTls(node.tls.secrets, ['h2', 'http/1.1']) }),
    metadata: metadataOf([node.origin]),
  });
}

/**
 * Certificates come as secrets by name, so that a rotation does not touch the listener. Values of contract D.7.
 * @param alpnProtocols what is spoken inside, as far as that is known here
 */
export function downstreamTls(secrets: readonly string[], alpnProtocols: readonly string[]): MessageInit<typeof TransportSocketSchema> {
  const context = pack(DownstreamTlsContextSchema, {
    commonTlsContext: {
      tlsParams: {
        tlsMinimumProtocolVersion: TlsParameters_TlsProtocol.TLSv1_2,
        tlsMaximumProtocolVersion: TlsParameters_TlsProtocol.TLSv1_3,
      },
      alpnProtocols: [...alpnProtocols],
      tlsCertificateSdsSecretConfigs: secrets.map((name) => ({ name, sdsConfig: adsSource(WAIT_FOR_EVER) })),
    },
    disableStatefulSessionResumption: true,
    sessionTicketKeysType: { case: 'disableStatelessSessionResumption', value: true },
  });
  return { name: 'envoy.transport_sockets.tls', configType: { case: 'typedConfig', value: context } };
}
