import { create } from '@bufbuild/protobuf';
import type { FilterChain, ListenerFilterSchema } from '../../xds/proto/gen/envoy/config/listener/v3/listener_components_pb.ts';
import { type Listener, ListenerSchema } from '../../xds/proto/gen/envoy/config/listener/v3/listener_pb.ts';
import { TlsInspectorSchema } from '../../xds/proto/gen/envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector_pb.ts';
import type { FilterChainNode, PortListenerNode } from '../ir/listener-node.ts';
import { rejectedConnectionLog } from './access-log.ts';
import { socketAddress } from './address.ts';
import { buildFilterChain } from './filter-chain.ts';
import type { ConnectionOptions } from './http-connection-manager.ts';
import type { HttpFilterSlot } from './http-filter-slot.ts';
import type { MessageInit } from './message-init.ts';
import { metadataOf } from './metadata.ts';
import { pack } from './pack.ts';

/**
 * A bound port without its chains for bytes, which are put in encoded (`encodeListener`). Its bytes depend on the port, its chains and how requests are traced, never on routes or other policies. All outside the chains stays the same when
 * a chain comes or goes, so that Envoy exchanges that chain and leaves the connections of the others alone; therefore the metadata names
 * the first origin only, and each chain its own.
 */
export function buildListener(node: PortListenerNode, slots: readonly HttpFilterSlot[]): Listener {
  const chains = node.chains.map((chain) => buildFilterChain(chain, connectionsOf(chain, node, slots)));
  return create(ListenerSchema, {
    name: node.name,
    address: socketAddress(node.bindAddress, node.bindPort, node.ipv6Only),
    ...(readsServerNames(node) ? { listenerFilters: [tlsInspector()], filterChains: chains } : withoutMatch(chains)),
    ...(node.exclusivePort ? { enableReusePort: false } : {}),
    perConnectionBufferLimitBytes: 32_768,
    maxConnectionsToAcceptPerSocketEvent: 1,
    accessLog: node.accessLog ? [rejectedConnectionLog()] : [],
    metadata: metadataOf(node.origins.slice(0, 1)),
  });
}

export const readsServerNames = ({ protocol }: PortListenerNode): boolean => protocol === 'HTTPS' || protocol === 'TLS';

/** What a listener adds to a chain. */
export const connectionsOf = (chain: FilterChainNode, node: PortListenerNode, slots: readonly HttpFilterSlot[]): ConnectionOptions => ({
  statPrefix: `${chain.tls === undefined ? 'http' : 'https'}-${node.bindPort}`,
  slots,
  accessLog: node.accessLog,
  tracing: node.tracing,
});

/** Plain HTTP has nothing to choose a chain by: its one chain is the default (as in the contract, which patches of users rely on). */
function withoutMatch(chains: readonly FilterChain[]): { readonly defaultFilterChain?: FilterChain } {
  const [chain] = chains;
  return chain === undefined ? {} : { defaultFilterChain: chain };
}

function tlsInspector(): MessageInit<typeof ListenerFilterSchema> {
  return {
    name: 'envoy.filters.listener.tls_inspector',
    configType: { case: 'typedConfig', value: pack(TlsInspectorSchema) },
  };
}
