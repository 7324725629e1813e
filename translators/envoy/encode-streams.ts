import { create } from '@bufbuild/protobuf';
import { anyPack } from '@bufbuild/protobuf/wkt';
import { TypedExtensionConfigSchema } from '../../xds/proto/gen/envoy/config/core/v3/extension_pb.ts';
import { FilterChainSchema } from '../../xds/proto/gen/envoy/config/listener/v3/listener_components_pb.ts';
import { ListenerSchema } from '../../xds/proto/gen/envoy/config/listener/v3/listener_pb.ts';
import { TcpProxySchema } from '../../xds/proto/gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.ts';
import { type Fragment, isStandIn, markedVersion, originalHash, type Resource, standInHash } from '../../xds/resource.ts';
import type { PortListenerNode } from '../ir/listener-node.ts';
import type { BackendShare } from '../ir/route-node.ts';
import type { StreamChainNode, StreamFilterNode } from '../ir/stream-node.ts';
import { contentHash } from './content-hash.ts';
import { type EncodedChain, encodeMessage, entryOf, wholeResource } from './encode.ts';
import { field, join, rope } from './framing.ts';
import { clustersOfShares } from './stream-backends.ts';
import { buildStreamChain } from './stream-chain.ts';
import { buildTcpProxy } from './tcp-proxy.ts';
import { buildUdpListener } from './udp-listener.ts';

/** A TCP port has nothing to choose a chain by: its only one is the default. */
export function encodeStreamChain(node: StreamChainNode): EncodedChain {
  const { filterChains, defaultFilterChain } = ListenerSchema.field;
  const place = node.use === 'TCP' ? defaultFilterChain : filterChains;
  const bytes = join(field(place.number, rope([encodeMessage(FilterChainSchema, buildStreamChain(node))])));
  const secrets = (node.tls?.secrets ?? []).map((name) => ({ type: 'secret', name }) as const);
  const filter = node.filter === undefined ? [] : [{ type: 'extensionConfig', name: node.filter } as const];
  return { bytes, hash: contentHash(bytes), requires: [...secrets, ...filter] };
}

/** The configuration of a route's filter. Throws when a rule of Envoy's is broken, which a user cannot bring about. */
export function encodeStreamFilter(node: StreamFilterNode): Resource {
  const bytes = filterBytes(node);
  const hash = contentHash(bytes);
  return filterResource(node.name, bytes, { key: node.name, hash, requires: clustersOfShares(node.backends), bytes });
}

/** What stands in for one that proxies refused: every connection is closed. */
export function encodeRefusedStreamFilter(node: StreamFilterNode, refusedHash: string): Resource {
  return filterResource(node.name, filterBytes({ ...node, backends: [] }), {
    key: node.name,
    hash: standInHash(refusedHash),
    requires: [],
  });
}

/** What stands in for a suspect: what proxies took in its place. Undefined: there is none among `formers`. */
export function formerStreamFilter(name: string, suspectedHash: string, formers: readonly Fragment[]): Resource | undefined {
  const former = formers.find(({ key }) => key === name);
  if (former?.bytes === undefined) return undefined;
  const { requires, bytes } = former;
  return filterResource(name, bytes, { key: name, hash: standInHash(suspectedHash, former), requires, bytes });
}

const filterBytes = (node: StreamFilterNode): Uint8Array =>
  encodeMessage(
    TypedExtensionConfigSchema,
    create(TypedExtensionConfigSchema, { name: node.name, typedConfig: anyPack(TcpProxySchema, buildTcpProxy(node)) }),
  );

function filterResource(name: string, bytes: Uint8Array, fragment: Fragment): Resource {
  const ref = { type: 'extensionConfig', name } as const;
  const quarantined = isStandIn(fragment) ? [originalHash(fragment)] : [];
  const version = markedVersion(contentHash(bytes), quarantined);
  return { ...ref, version, entry: entryOf(ref, version, rope([bytes])), requires: [], fragments: [fragment], graceMs: 0 };
}

/** A UDP port names its clusters itself. */
export function encodeUdpListener(node: PortListenerNode, backends: readonly BackendShare[]): Resource {
  const bytes = encodeMessage(ListenerSchema, buildUdpListener(node, backends));
  const requires = clustersOfShares(backends).map((name) => ({ type: 'cluster', name }) as const);
  return { ...wholeResource({ type: 'listener', name: node.name }, bytes), requires };
}
