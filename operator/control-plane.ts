import type { ChannelOptions, ServerCredentials } from '@grpc/grpc-js';
import type { EnvoyProxySpec } from '../crds/gateway-envoyproxy-io/envoy-proxy.ts';
import type { KubernetesObject } from '../crds/object-meta.ts';
import { createEndpointPipeline, type EndpointPipeline } from '../translators/endpoint-pipeline.ts';
import type { Collection } from '../translators/graph/collection.ts';
import { PROXY_DEFAULTS } from '../translators/inputs.ts';
import type { InfraNode } from '../translators/ir/infra-node.ts';
import { objectKey } from '../translators/ir/object-key.ts';
import { objectSinks, type Sink } from '../translators/object-sinks.ts';
import { createPipeline, type Pipeline } from '../translators/pipeline.ts';
import { type Settings, unprivilegedPort } from '../translators/settings.ts';
import { STATUS_COLLECTIONS, type StatusCollection, statusOwner, statusPlace } from '../translators/statuses/status-place.ts';
import type { LostListener, Transition } from '../xds/fleet-hub.ts';
import type { Limits } from '../xds/limits.ts';
import { ResourceCache } from '../xds/resource-cache.ts';
import { AdsServer, type AdsServerOptions, type GrpcService } from '../xds/server.ts';
import { Deliveries } from './deliveries.ts';
import { DeliveryFeed } from './delivery-feed.ts';
import type { InfrastructureObservation } from './fleet-observations.ts';
import { Instants } from './instants.ts';
import { Propagation } from './propagation.ts';
import { type ServedRoute, servedRoutes } from './served-routes.ts';
import { SettleLoop } from './settle-loop.ts';
import { SnapshotPublisher } from './snapshot-publisher.ts';
import { hostAndPort } from './wildcard-address.ts';

/** A status that changed; undefined: there is nothing of ours to say any more. */
export interface StatusChange {
  readonly kind: string;
  readonly key: string;
  readonly status: object | undefined;
}

export interface FleetChange {
  readonly fleet: string;
  readonly infra: InfraNode | undefined;
}

export interface ControlPlaneOptions {
  readonly controllerName: string;
  readonly bindPort?: (port: number) => number;
  readonly bindAddress?: string;
  /** The proxies run on one machine. */
  readonly exclusivePorts?: boolean;
  /** What else depends on where proxies run. */
  readonly proxies?: Pick<
    Settings,
    'envoyProxy' | 'clusterDomain' | 'controlPlane' | 'readyPort' | 'reservedPorts' | 'fellows' | 'deploy' | 'systemCaFile'
  >;
  /** Bounds of the xDS server that differ from its own. */
  readonly limits?: Partial<Limits>;
  /** gRPC's options of the xDS server. */
  readonly channel?: ChannelOptions;
  /** Who may have which fleet's configuration. Default: whoever reaches the server. */
  readonly admission?: Pick<AdsServerOptions, 'authenticate' | 'authorize'>;
  /** What else the xDS server's port offers. */
  readonly services?: readonly GrpcService[];
  readonly logger: ControlPlaneLogger;
}

/** What the control plane says on its own account. */
export interface ControlPlaneLogger {
  info(message: string, fields?: object): unknown;
  warn(message: string, fields?: object): unknown;
  error(message: string, fields?: object): unknown;
}

/** A component's logger: what a message is about is in its fields too, for machines. */
export interface ComponentLogger extends ControlPlaneLogger {
  debug(message: string, fields?: object): unknown;
}

/** Characters of a label's value, and of what tells a cut one apart (`translators/gateway-api/fleets.ts`). */
const MAX_LABEL = 63;
const HASH_END = 9;

/** Objects in; xDS, infrastructure and statuses out. The same for files and for a cluster. */
export class ControlPlane {
  readonly pipeline: Pipeline;
  readonly endpoints: EndpointPipeline;
  readonly cache = new ResourceCache();
  readonly propagation = new Propagation();
  readonly server: AdsServer;
  readonly deliveries: Deliveries;
  readonly #logger: ControlPlaneLogger;
  readonly #sinks: ReadonlyMap<string, Sink>;
  readonly #publisher: SnapshotPublisher;
  readonly #loop: SettleLoop;
  readonly #instants: Instants;
  readonly #gone = new Set<string>();
  readonly #transitionListeners: ((transition: Transition) => void)[] = [];

  constructor(options: ControlPlaneOptions) {
    const { controllerName, bindPort, bindAddress, exclusivePorts, proxies, limits, channel, services = [], admission, logger } = options;
    this.#logger = logger;
    this.pipeline = createPipeline({
      controllerName,
      bindPort: bindPort ?? unprivilegedPort,
      bindAddress: bindAddress ?? '::',
      exclusivePorts: exclusivePorts ?? false,
      ...proxies,
    });
    this.endpoints = createEndpointPipeline();
    this.#sinks = objectSinks(this.pipeline.inputs, this.endpoints.inputs);
    this.#publisher = new SnapshotPublisher((fleet, changes) => this.cache.update(fleet, changes));
    this.#loop = new SettleLoop(this.pipeline, this.endpoints, () => this.#publish());
    this.#instants = new Instants(this.pipeline.inputs.passed, () => this.#loop.schedule());
    this.deliveries = new Deliveries(this.pipeline.inputs, () => this.#loop.schedule());
    this.server = this.#createServer({ ...(limits && { limits }), ...(channel && { channel }), ...admission, services });
    this.cache.watch((commit) => this.propagation.committed(commit));
    this.#follow();
  }

  /** Takes in an object that was admitted against its schema. A kind that the graphs do not read is let pass. */
  put(object: KubernetesObject): void {
    this.#sinks.get(object.kind)?.(objectKey(object), object);
    this.#arrived();
  }

  remove(kind: string, key: string): void {
    this.#sinks.get(kind)?.(key, undefined);
    this.#arrived();
  }

  /** A kind cannot be read (in a namespace: `unreadableIn`), or (undefined) can again; `why` names the cure and ends without a full stop. */
  unreadable(kind: string, why: string | undefined): void {
    this.pipeline.inputs.unreadable.put(kind, why);
    this.#loop.schedule();
  }

  /** What holds for the proxies of Gateways whose own EnvoyProxy and whose class say nothing else: EnvoyGateway's `envoyProxy`. */
  proxyDefaults(spec: EnvoyProxySpec | undefined): void {
    this.pipeline.inputs.proxyDefaults.put(PROXY_DEFAULTS, spec);
    this.#loop.schedule();
  }

  /** All initial input is in: from now on what is committed is published. */
  listed(): void {
    this.deliveries.begin();
    this.#loop.open();
  }

  /** Whether statuses mean anything yet. */
  get isOpen(): boolean {
    return this.#loop.isOpen;
  }

  /** Resolves when what was put so far is committed. */
  settled(): Promise<void> {
    return this.#loop.settled();
  }

  statuses(): readonly { readonly kind: string; readonly key: string; readonly status: object }[] {
    return STATUS_COLLECTIONS.flatMap((name) =>
      [...this.#statuses(name).entries()].map(([key, status]) => ({ ...statusOwner(name, key), status })),
    );
  }

  /** The status of one object as it should be now; undefined where we have none to write. */
  status(kind: string, key: string): object | undefined {
    const place = statusPlace(kind, key);
    return place && this.#statuses(place.collection).get(place.key);
  }

  onStatus(listener: (changes: readonly StatusChange[]) => void): void {
    for (const name of STATUS_COLLECTIONS) {
      this.pipeline.graph.onCommit(this.#statuses(name), (changes) =>
        listener(changes.map(({ key, next }) => ({ ...statusOwner(name, key), status: next }))),
      );
    }
  }

  /** How many Gateways of a class there are, accepted or not. */
  gatewaysOf(className: string): number {
    return this.pipeline.gatewayCounts.get(className) ?? 0;
  }

  /** Told of each class that more or fewer Gateways name than before. */
  onGatewayCount(listener: (classNames: readonly string[]) => void): void {
    this.pipeline.graph.onCommit(this.pipeline.gatewayCounts, (changes) => listener(changes.map(({ key }) => key)));
  }

  fleets(): readonly InfraNode[] {
    return [...this.pipeline.infra.entries()].map(([, infra]) => infra);
  }

  onFleet(listener: (changes: readonly FleetChange[]) => void): void {
    this.pipeline.graph.onCommit(this.pipeline.infra, (changes) => listener(changes.map(({ key, next }) => ({ fleet: key, infra: next }))));
  }

  /**
   * Whether some Gateway, or class, of ours still stands behind these proxies (`<ns>/<gateway>` or a class), although it may have nothing to serve at
   * present: what is made for them then stays.
   */
  keepsProxies(owner: string): boolean {
    const { gateways, classes } = this.pipeline;
    if (!owner.includes('/')) return classes.get(owner) !== undefined;
    if (gateways.get(owner) !== undefined) return true;
    // A name too long for a label is cut there and ends with a hash: in doubt it stays.
    const [namespace = '', name = ''] = owner.split('/');
    return name.length === MAX_LABEL && [...gateways.entries()].some(([key]) => key.startsWith(`${namespace}/${name.slice(0, -HASH_END)}`));
  }

  /** What proxies say of resources, as they say it. Must not put anything in. */
  onTransition(listener: (transition: Transition) => void): void {
    this.#transitionListeners.push(listener);
  }

  served(): readonly ServedRoute[] {
    return servedRoutes(this.pipeline);
  }

  /** What the infrastructure says of a fleet; undefined: the fleet is gone. */
  observe(fleet: string, observation: InfrastructureObservation | undefined): void {
    this.deliveries.infrastructure(fleet, observation);
  }

  /** A proxy dropped a listener that it had taken; it is told as a refusal, and sent again. */
  lostListener(lost: LostListener): void {
    this.server.lostListener(lost);
  }

  /** Begins to serve xDS. Answers the port where there is one. Throws when the address cannot be bound. */
  async listen(
    at: { readonly unixSocket: string } | { readonly host: string; readonly port: number; readonly credentials: ServerCredentials },
  ): Promise<{ readonly port?: number }> {
    if ('unixSocket' in at) {
      await this.server.listen({ path: at.unixSocket });
      return {};
    }
    return { port: await this.server.listen({ address: hostAndPort(at.host, at.port), credentials: at.credentials }) };
  }

  async close(graceMs = 1000): Promise<void> {
    for (const part of [this.#loop, this.#instants, this.deliveries]) part.close();
    await this.server.close(graceMs);
  }

  /** What is there at the start is no change. */
  #arrived(): void {
    if (this.isOpen) this.propagation.arrived();
    this.#loop.schedule();
  }

  /** All statuses are objects; what they hold is for their kind to know. */
  #statuses(name: StatusCollection): Collection<object> {
    return this.pipeline.statuses[name];
  }

  /** A fleet leaves the cache after its resources did, or their removal would bring it back. */
  #publish(): void {
    this.#publisher.flush();
    for (const fleet of this.#gone) this.cache.removeFleet(fleet);
    this.#gone.clear();
    if (!this.pipeline.graph.pending) this.propagation.published();
  }

  #createServer(options: Pick<AdsServerOptions, 'limits' | 'channel' | 'services' | 'authenticate' | 'authorize'>): AdsServer {
    const feed = new DeliveryFeed(this);
    return new AdsServer({
      ...options,
      cache: this.cache,
      onTransition: (transition) => this.#transition(transition),
      onFleetState: (fleet) => feed.moved(fleet),
      onQuarantine: (changes) => feed.judged(changes),
      onError: (error, node) => this.#logger.error('xDS stream ended by a bug', { node: node?.id, error: String(error) }),
    });
  }

  #transition(transition: Transition): void {
    this.deliveries.transition(transition);
    for (const listener of this.#transitionListeners) listener(transition);
    const { state, fleet, node, type, name, message } = transition;
    if (state === 'refused') this.#logger.warn(`Envoy refused ${type} ${name}: ${message}`, { fleet, node, type, resource: name });
    if (state === 'lagging') this.#logger.warn(`Envoy has not taken ${type} ${name} for over 10 s`, { fleet, node, type, resource: name });
  }

  #follow(): void {
    const { graph, resources, expiries, infra } = this.pipeline;
    for (const collection of Object.values(resources)) this.#publisher.follow(graph, collection);
    this.#publisher.follow(this.endpoints.graph, this.endpoints.loadAssignments);
    graph.onCommit(expiries, (changes) => {
      for (const { key, next } of changes) this.#instants.ask(key, next?.wakeAt);
    });
    graph.onCommit(infra, (changes) => {
      for (const { key, next } of changes) {
        this.deliveries.expect(key, next !== undefined);
        if (next === undefined) this.#gone.add(key);
        else this.#gone.delete(key);
      }
    });
    graph.onCommit(graph.faults, (changes) => {
      for (const { next } of changes)
        if (next !== undefined) {
          const { derivation, input } = next;
          this.#logger.error(`${derivation} failed on ${input}: ${next.message}`, { derivation, input });
        }
    });
  }
}
