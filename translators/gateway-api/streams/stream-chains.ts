import type { EncodedChain } from '../../envoy/encode.ts';
import { encodeStreamChain } from '../../envoy/encode-streams.ts';
import type { Collection, First, Group } from '../../graph/collection.ts';
import type { Graph } from '../../graph/graph.ts';
import type { StreamChainNode } from '../../ir/stream-node.ts';
import { compareText } from '../age.ts';
import { EVERY_HOST } from '../hostname.ts';
import type { HostOwner } from '../listeners/host-ownership.ts';
import { portOfListener, readsRequests, type ServingListener } from '../listeners/serving-listeners.ts';
import { type StreamClaim, slotOfListener } from './stream-claims.ts';
import { filterName, statPrefixOf, streamName } from './stream-filters.ts';

/** A chain for bytes with its place. */
export interface PortChain {
  readonly port: string;
  readonly encoded: EncodedChain;
}

const sameChain = (a: PortChain, b: PortChain): boolean => a.port === b.port && a.encoded.hash === b.encoded.hash;

export interface ChainSources {
  readonly owners: Collection<HostOwner>;
  readonly serving: Collection<ServingListener>;
  readonly winners: Collection<First<StreamClaim>>;
}

/** The chains of each port, by key. Keyed by port. Says nothing of backends, so that it does not change with them. */
export function streamChains(
  graph: Graph,
  won: Collection<Group<First<StreamClaim>>>,
  { owners, serving, winners }: ChainSources,
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
  const closed = graph.derive<HostOwner, PortChain>(
    'closingChains',
    owners,
    function* (owner, fetch, key) {
      const listener = fetch.one(serving, key);
      if (listener === undefined) return yield [key, keptClosed(owner)];
      if (readsRequests(listener) || listener.transport === 'UDP' || fetch.one(winners, slotOfListener(listener)) !== undefined) return;
      yield [key, portChain(listener, { name: key, filter: undefined, hosts: [listener.hostname] })];
    },
    { equals: sameChain },
  );
  // Keys of those that serve have a "|" and those of listeners have none.
  return graph.group('streamChains', graph.join<PortChain>('portChains', served, closed), { by: ({ port }) => [port] });
}

/** Of a listener that lacks what it takes to serve: all of them end TLS. */
const keptClosed = (owner: HostOwner): PortChain =>
  chainAt(owner, { name: owner.key, filter: undefined, hosts: [owner.hostname] }, { use: 'TLS', statPrefix: `closed-${owner.port}` });

interface ChainChoice {
  readonly name: string;
  readonly filter: string | undefined;
  readonly hosts: readonly string[];
}

/**
 * What a listener claims and no route serves is closed by a chain of its own, or a broader listener of its port would take it; and Envoy
 * takes no listener without any chain.
 */
const portChain = (listener: ServingListener, choice: ChainChoice): PortChain =>
  chainAt(listener, choice, {
    use: listener.protocol === 'TLS' ? 'TLS' : 'TCP',
    ...(listener.secrets.length === 0 || choice.filter === undefined ? {} : { tls: { secrets: listener.secrets } }),
    statPrefix: statPrefixOf(listener),
  });

function chainAt(
  owner: HostOwner,
  { name, filter, hosts }: ChainChoice,
  how: Pick<StreamChainNode, 'use' | 'tls' | 'statPrefix'>,
): PortChain {
  const serverNames = hosts.includes(EVERY_HOST) ? [] : [...hosts].sort(compareText);
  const node: StreamChainNode = { kind: 'StreamChain', name, serverNames, filter, ...how, origin: owner.ref };
  return { port: portOfListener(owner), encoded: encodeStreamChain(node) };
}
