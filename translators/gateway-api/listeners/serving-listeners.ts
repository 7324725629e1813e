import type { Collection, Fetch, First } from '../../graph/collection.ts';
import type { Graph } from '../../graph/graph.ts';
import type { ClientCertificates } from '../../ir/listener-node.ts';
import type { ObjectRef } from '../../ir/object-ref.ts';
import { portKey, type Transport, transportOf } from '../../ir/transport.ts';
import type { Settings } from '../../settings.ts';
import type { FleetListening } from '../proxy/fleet-listening.ts';
import { bindPort } from './bind-port.ts';
import type { ClientValidation } from './client-validation.ts';
import type { HostOwner } from './host-ownership.ts';
import type { ListenerCertificates } from './listener-certificates.ts';
import { compareRanks, type ListenerRank } from './listener-rank.ts';
import { type GatewayListener, passesThrough, terminatesTls } from './listeners.ts';

export const PROTOCOLS = ['HTTP', 'HTTPS', 'TLS', 'TCP', 'UDP'] as const;
export type ListenerProtocol = (typeof PROTOCOLS)[number];

/** A listener that takes traffic: it is understood, wins its port and has what it needs. */
export interface ServingListener {
  readonly key: string;
  readonly gateway: string;
  readonly fleet: string;
  readonly rank: ListenerRank;
  readonly protocol: ListenerProtocol;
  readonly transport: Transport;
  readonly port: number;
  readonly bindPort: number;
  readonly hostname: string;
  /** HTTPS: one each. Plain HTTP: one a port, named after its first listener (contract D.5). Without meaning where no requests are read. */
  readonly routeConfiguration: string;
  /** TLS that is not ended here: its bytes go on as they are. */
  readonly passthrough: boolean;
  /** Names of the secrets to serve with; empty where TLS is not ended here. */
  readonly secrets: readonly string[];
  /** Absent: clients are not asked who they are. */
  readonly clients?: ClientCertificates;
  /** Its requests pass filters before a route is chosen (`listener-filters.ts`). */
  readonly isGated?: true;
  readonly ref: ObjectRef;
}

/** Whether requests are read on it, as against bytes that are passed on. */
export const readsRequests = ({ protocol }: ServingListener): boolean => protocol === 'HTTP' || protocol === 'HTTPS';

/** The port that it is on. */
export const portOfListener = ({ fleet, transport, port }: Pick<ServingListener, 'fleet' | 'transport' | 'port'>): string =>
  portKey(fleet, transport, port);

export interface ListenerFacts {
  readonly owners: Collection<HostOwner>;
  readonly certificates: Collection<ListenerCertificates>;
  readonly validations: Collection<ClientValidation>;
  readonly listening: Collection<FleetListening>;
}

type UsableListener = Omit<ServingListener, 'bindPort' | 'routeConfiguration'>;

/** Keyed by listener. A run looks at that listener, however many a port has. */
export function servingListeners(
  graph: Graph,
  listeners: Collection<GatewayListener>,
  facts: ListenerFacts,
  settings: Settings,
): Collection<ServingListener> {
  const bound = boundPorts(graph, listeners, facts.listening, settings);
  const usable = graph.derive<GatewayListener, UsableListener>('usableListeners', listeners, function* (listener, fetch, key) {
    const how = usableOf(listener, facts, fetch);
    const { gateway, fleet, rank, port, hostname, filters, ref } = listener;
    const gated = filters.length === 0 ? {} : { isGated: true as const };
    if (how !== undefined) yield [key, { key, gateway, fleet, rank, ...how, port, hostname, ...gated, ref }];
  });
  const plain = firstPlain(graph, usable);
  return graph.derive('servingListeners', usable, function* (listener, fetch, key) {
    const port = portOfListener(listener);
    const routeConfiguration = (listener.protocol === 'HTTP' ? fetch.one(plain, port) : undefined) ?? key;
    yield [key, { ...listener, bindPort: fetch.one(bound, port) ?? 0, routeConfiguration }];
  });
}

/** The first plain listener of each port, by its key. */
function firstPlain(graph: Graph, usable: Collection<UsableListener>): Collection<string> {
  const first = graph.first('firstPlainListeners', usable, {
    by: (listener) => (listener.protocol === 'HTTP' ? [portOfListener(listener)] : []),
    orderBy: compareRanks,
  });
  return graph.derive<First<UsableListener>, string>('plainRouteConfigurations', first, function* ({ key, winner }) {
    yield [key, winner.key];
  });
}

/** What Envoy binds for each port that some listener names, whether or not it serves. Every listener of a port is bound alike. */
function boundPorts(
  graph: Graph,
  listeners: Collection<GatewayListener>,
  listening: Collection<FleetListening>,
  settings: Settings,
): Collection<number> {
  const named = graph.first('namedPorts', listeners, {
    by: ({ fleet, protocol, port }) => [portKey(fleet, transportOf(protocol), port)],
  });
  const ports = graph.derive<First<GatewayListener>, NamedPort>('ports', named, function* ({ key, winner: { fleet, protocol, port } }) {
    yield [key, { fleet, transport: transportOf(protocol), port }];
  });
  return graph.derive('boundPorts', ports, function* ({ fleet, transport, port }, fetch, key) {
    const asItIs = fetch.one(listening, fleet)?.portsAsTheyAre === true;
    const how = asItIs ? { ...settings, bindPort: (same: number): number => same } : settings;
    yield [key, bindPort(port, how, (other) => fetch.one(ports, portKey(fleet, transport, other)) !== undefined)];
  });
}

type NamedPort = Pick<ServingListener, 'fleet' | 'transport' | 'port'>;
type Usable = Pick<ServingListener, 'protocol' | 'transport' | 'passthrough' | 'secrets' | 'clients'>;

/** Undefined: the listener cannot serve. */
function usableOf(listener: GatewayListener, facts: ListenerFacts, fetch: Fetch): Usable | undefined {
  const { key, clientTls } = listener;
  const owner = fetch.one(facts.owners, key);
  if (owner === undefined) return undefined;
  const { protocol, transport } = owner;
  const usable = { protocol, transport, passthrough: passesThrough(listener), secrets: [] };
  if (!terminatesTls(listener)) return usable;
  const secrets = fetch.one(facts.certificates, key)?.secrets ?? [];
  if (secrets.length === 0) return undefined;
  const serving = { ...usable, secrets: secrets.map((secret) => secret.name) };
  if (clientTls === undefined) return serving;
  const clients = clientsOf(fetch.one(facts.validations, key));
  return clients && { ...serving, clients };
}

/** Undefined: there is nobody to vouch for clients, so that none may come in. */
const clientsOf = (validation: ClientValidation | undefined): ClientCertificates | undefined =>
  validation?.trustedCa && { trustedCa: validation.trustedCa.name, isOptional: validation.isOptional };
