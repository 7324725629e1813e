import type { EncodedChain } from '../../envoy/encode.ts';
import { encodeStreamChain } from '../../envoy/encode-streams.ts';
import type { Collection, First, Group } from '../../graph/collection.ts';
import type { Graph } from '../../graph/graph.ts';
import type { StreamChainNode } from '../../ir/stream-node.ts';
import { compareText } from '../age.ts';
import { EVERY_HOST } from '../hostname.ts';
import { portOfListener, readsRequests, type ServingListener } from '../listeners/serving-listeners.ts';
import { type StreamClaim, slotOfListener } from './stream-claims.ts';
import { filterName, statPrefixOf, streamName } from './stream-filters.ts';

/** A chain for bytes with its place. */
export interface PortChain {
  readonly port: string;
  readonly encoded: EncodedChain;
}

const sameChain = (a: PortChain, b: PortChain): boolean => a.port === b.port && a.encoded.hash === b.encoded.hash;

/** The chains of each port, by key. Keyed by port. Says nothing of backends, so that it does not change with them. */
export function streamChains(
  graph: Graph,
  won: Collection<Group<First<StreamClaim>>>,
  { serving, winners }: { readonly serving: Collection<ServingListener>; readonly winners: Collection<First<StreamClaim>> },
): Collection<Group<PortChain>> {
  const served = graph.derive<Group<First<StreamClaim>>, PortChain>(
    'servingChains',
    won,
    function* ({ members }, fetch, key) {
      const [first] = members;
      const listener = first && fetch.one(serving, first.winner.listener);
      if (first === undefined || listener === undefined || listener.transport === 'UDP') return;
      const hosts = members.map(({ winner }) => winner.host);
      yield [key, portChain(listener, { name: streamName(first.winner.route), filter: filterName(first.winner), hosts })];
    },
    { equals: sameChain },
  );
  const closed = graph.derive<ServingListener, PortChain>(
    'closingChains',
    serving,
    function* (listener, fetch, key) {
      if (readsRequests(listener) || listener.transport === 'UDP' || fetch.one(winners, slotOfListener(listener)) !== undefined) return;
      yield [key, portChain(listener, { name: key, filter: undefined, hosts: [listener.hostname] })];
    },
    { equals: sameChain },
  );
  // Keys of those that serve have a "|" and those of listeners have none.
  return graph.group('streamChains', graph.join<PortChain>('portChains', served, closed), { by: ({ port }) => [port] });
}

interface ChainChoice {
  readonly name: string;
  readonly filter: string | undefined;
  readonly hosts: readonly string[];
}

/**
 * What a listener claims and no route serves is closed by a chain of its own, or a broader listener of its port would take it; and Envoy
 * takes no listener without any chain.
 */
function portChain(listener: ServingListener, { name, filter, hosts }: ChainChoice): PortChain {
  const node: StreamChainNode = {
    kind: 'StreamChain',
    name,
    use: listener.protocol === 'TLS' ? 'TLS' : 'TCP',
    serverNames: hosts.includes(EVERY_HOST) ? [] : [...hosts].sort(compareText),
    filter,
    ...(listener.secrets.length === 0 || filter === undefined ? {} : { tls: { secrets: listener.secrets } }),
    statPrefix: statPrefixOf(listener),
    origin: listener.ref,
  };
  return { port: portOfListener(listener), encoded: encodeStreamChain(node) };
}
