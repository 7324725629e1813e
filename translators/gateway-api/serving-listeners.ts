import type { Collection, Fetch, Group } from '../graph/collection.ts';
import type { Graph } from '../graph/graph.ts';
import type { ClientCertificates } from '../ir/listener-node.ts';
import type { ObjectRef } from '../ir/object-ref.ts';
import { portKey, type Transport, transportOf } from '../ir/transport.ts';
import type { Settings } from '../settings.ts';
import { bindPort } from './bind-port.ts';
import type { ClientValidation } from './client-validation.ts';
import type { ListenerCertificates } from './listener-certificates.ts';
import type { PortVerdict } from './listener-conflicts.ts';
import { type GatewayListener, passesThrough, terminatesTls } from './listeners.ts';
import type { FleetListening } from './proxy/fleet-listening.ts';

const PROTOCOLS = ['HTTP', 'HTTPS', 'TLS', 'TCP', 'UDP'] as const;
export type ListenerProtocol = (typeof PROTOCOLS)[number];

/** A listener that takes traffic: it is understood, wins its port and has what it needs. */
export interface ServingListener {
  readonly key: string;
  readonly gateway: string;
  readonly fleet: string;
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
  readonly ref: ObjectRef;
}

/** Whether requests are read on it, as against bytes that are passed on. */
export const readsRequests = ({ protocol }: ServingListener): boolean => protocol === 'HTTP' || protocol === 'HTTPS';

/** The port that it is on. */
export const portOfListener = ({ fleet, transport, port }: ServingListener): string => portKey(fleet, transport, port);

export interface ListenerFacts {
  readonly conflicts: Collection<PortVerdict>;
  readonly certificates: Collection<ListenerCertificates>;
  readonly validations: Collection<ClientValidation>;
  readonly listening: Collection<FleetListening>;
}

/** Keyed by listener. A run looks at one port. */
export function servingListeners(
  graph: Graph,
  ports: Collection<Group<GatewayListener>>,
  facts: ListenerFacts,
  settings: Settings,
): Collection<ServingListener> {
  return graph.derive('servingListeners', ports, function* (port, fetch) {
    const bound = bindPortOf(port, { fetch, ports, listening: facts.listening, settings });
    let firstHttp: string | undefined;
    for (const listener of port.members) {
      const usable = usableOf(listener, facts, fetch);
      if (usable === undefined) continue;
      if (usable.protocol === 'HTTP') firstHttp ??= listener.key;
      const routeConfiguration = usable.protocol === 'HTTP' ? (firstHttp ?? listener.key) : listener.key;
      const { key, gateway, fleet, port: number, hostname, ref } = listener;
      yield [key, { key, gateway, fleet, ...usable, port: number, bindPort: bound, hostname, routeConfiguration, ref }];
    }
  });
}

/** Every listener of a port is bound alike. */
function bindPortOf({ members: [first] }: Group<GatewayListener>, { fetch, ports, listening, settings }: Bindings): number {
  if (first === undefined) return 0;
  const { fleet, port, protocol } = first;
  const asItIs = fetch.one(listening, fleet)?.portsAsTheyAre === true;
  const how = asItIs ? { ...settings, bindPort: (same: number): number => same } : settings;
  return bindPort(port, how, (other) => fetch.one(ports, portKey(fleet, transportOf(protocol), other)) !== undefined);
}

interface Bindings {
  readonly fetch: Fetch;
  readonly ports: Collection<Group<GatewayListener>>;
  readonly listening: Collection<FleetListening>;
  readonly settings: Settings;
}

type Usable = Pick<ServingListener, 'protocol' | 'transport' | 'passthrough' | 'secrets' | 'clients'>;

/** Undefined: the listener cannot serve. */
function usableOf(listener: GatewayListener, facts: ListenerFacts, fetch: Fetch): Usable | undefined {
  const { key, problems, clientTls } = listener;
  if (problems.some((problem) => problem.type !== 'ResolvedRefs')) return undefined;
  if (fetch.one(facts.conflicts, key)?.conflict !== undefined) return undefined;
  const protocol = PROTOCOLS.find((each) => each === listener.protocol);
  if (protocol === undefined) return undefined;
  const usable = { protocol, transport: transportOf(protocol), passthrough: passesThrough(listener), secrets: [] };
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
