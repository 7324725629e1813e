import { create } from '@bufbuild/protobuf';
import {
  type FilterChain,
  type FilterChainMatchSchema,
  FilterChainSchema,
  type FilterSchema,
} from '../../xds/proto/gen/envoy/config/listener/v3/listener_components_pb.ts';
import { TcpProxySchema } from '../../xds/proto/gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.ts';
import type { StreamChainNode } from '../ir/stream-node.ts';
import { adsSource, WAIT_FOR_EVER } from './ads-source.ts';
import { downstreamTls } from './downstream-tls.ts';
import type { MessageInit } from './message-init.ts';
import { metadataOf } from './metadata.ts';
import { pack } from './pack.ts';
import { buildTcpProxy } from './tcp-proxy.ts';

/**
 * A way into a port for bytes. Where they go is the configuration of its filter, which comes apart from the listener: so a route's backends
 * change without it, and without any connection being drained.
 */
export function buildStreamChain(node: StreamChainNode): FilterChain {
  const match = matchOf(node);
  return create(FilterChainSchema, {
    name: node.name,
    ...(match === undefined ? {} : { filterChainMatch: match }),
    filters: [node.filter === undefined ? closing(node.statPrefix) : discovered(node.filter)],
    ...(node.tls === undefined ? {} : { transportSocket: downstreamTls(node.tls, []) }),
    metadata: metadataOf([node.origin]),
  });
}

/** A client that speaks no TLS has no business at a TLS listener, whoever would take it. */
function matchOf({ use, serverNames }: StreamChainNode): MessageInit<typeof FilterChainMatchSchema> | undefined {
  if (use === 'TCP') return undefined;
  return serverNames.length === 0 ? { transportProtocol: 'tls' } : { serverNames: [...serverNames] };
}

const discovered = (name: string): MessageInit<typeof FilterSchema> => ({
  name,
  configType: {
    case: 'configDiscovery',
    value: { configSource: adsSource(WAIT_FOR_EVER), typeUrls: [`type.googleapis.com/${TcpProxySchema.typeName}`] },
  },
});

const closing = (statPrefix: string): MessageInit<typeof FilterSchema> => ({
  name: 'envoy.filters.network.tcp_proxy',
  configType: { case: 'typedConfig', value: pack(TcpProxySchema, buildTcpProxy({ statPrefix, accessLog: false, backends: [] })) },
});
