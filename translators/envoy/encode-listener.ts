import { FilterChainSchema } from '../../xds/proto/gen/envoy/config/listener/v3/listener_components_pb.ts';
import { ListenerSchema } from '../../xds/proto/gen/envoy/config/listener/v3/listener_pb.ts';
import type { Resource, ResourceRef } from '../../xds/resource.ts';
import type { DownstreamTls, FilterChainNode, PortListenerNode } from '../ir/listener-node.ts';
import type { TracingNode } from '../ir/tracing-node.ts';
import { contentHash } from './content-hash.ts';
import { type EncodedChain, encodeMessage, resourceOf, wholeResource } from './encode.ts';
import { buildFilterChain } from './filter-chain.ts';
import { field, join, rope } from './framing.ts';
import type { HttpFilterSlot } from './http-filter-slot.ts';
import { buildListener, connectionsOf, readsServerNames } from './listener.ts';

/**
 * Costs the encoding of the chains that are new, and a hash of all chains' hashes: a port may have thousands.
 * @param streams chains for bytes, which are encoded each by itself
 */
export function encodeListener(node: PortListenerNode, slots: readonly HttpFilterSlot[], streams: readonly EncodedChain[] = []): Resource {
  const ref = { type: 'listener', name: node.name } as const;
  const [head, own] = splitListener(node, slots);
  const chains = [...own, ...streams];
  const bytes = encodeMessage(ListenerSchema, buildListener(head, slots));
  const requires = onceEach([...head.chains.flatMap(requiresOf), ...chains.flatMap((chain) => chain.requires), ...collectorOf(node)]);
  if (chains.length === 0) return { ...wholeResource(ref, bytes), requires };
  const version = contentHash([contentHash(bytes), ...chains.map((chain) => chain.hash)].join(' '));
  return { ...resourceOf(ref, version, rope([bytes, ...chains.map((chain) => chain.bytes)])), requires };
}

/** Repeated fields concatenate; the one chain of plain HTTP is no repeated field. */
function splitListener(node: PortListenerNode, slots: readonly HttpFilterSlot[]): readonly [PortListenerNode, readonly EncodedChain[]] {
  if (!readsServerNames(node)) return [node, []];
  return [{ ...node, chains: [] }, node.chains.map((chain) => encodedChain(chain, node, slots))];
}

const requiresOf = ({ tls }: FilterChainNode): readonly ResourceRef[] => (tls === undefined ? [] : secretsOfTls(tls));

/** Spans go there from the first request on. */
const collectorOf = ({ tracing, chains }: PortListenerNode): readonly ResourceRef[] =>
  tracing === undefined || chains.length === 0 ? [] : [{ type: 'cluster', name: tracing.collector.cluster }];

const secretsOfTls = ({ secrets, clients }: DownstreamTls): readonly ResourceRef[] =>
  [...secrets, ...(clients === undefined ? [] : [clients.trustedCa])].map((name) => ({ type: 'secret', name }));

const onceEach = (refs: readonly ResourceRef[]): readonly ResourceRef[] =>
  [...new Map(refs.map((ref) => [`${ref.type} ${ref.name}`, ref]))].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, ref]) => ref);

interface Known {
  /** What its listener added. */
  readonly of: string;
  readonly slots: readonly HttpFilterSlot[];
  readonly tracing: TracingNode | undefined;
  readonly chain: EncodedChain;
}

/** Nodes of the IR never change, so that what was made of one holds as long as it lives. */
const encoded = new WeakMap<FilterChainNode, Known>();

function encodedChain(chain: FilterChainNode, node: PortListenerNode, slots: readonly HttpFilterSlot[]): EncodedChain {
  const connections = connectionsOf(chain, node, slots);
  const of = `${connections.statPrefix} ${connections.accessLog}`;
  const known = encoded.get(chain);
  if (known?.of === of && known.slots === slots && known.tracing === node.tracing) return known.chain;
  const message = encodeMessage(FilterChainSchema, buildFilterChain(chain, connections));
  const bytes = join(field(ListenerSchema.field.filterChains.number, rope([message])));
  const fresh = { bytes, hash: contentHash(bytes), requires: requiresOf(chain) };
  encoded.set(chain, { of, slots, tracing: node.tracing, chain: fresh });
  return fresh;
}
