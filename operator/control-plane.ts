import type { KubernetesObject } from '../crds/object-meta.ts';
import { createEndpointPipeline, type EndpointPipeline } from '../translators/endpoint-pipeline.ts';
import type { InfraNode } from '../translators/ir/infra-node.ts';
import { objectKey } from '../translators/ir/object-key.ts';
import { objectSinks, type Sink } from '../translators/object-sinks.ts';
import { createPipeline, type Pipeline } from '../translators/pipeline.ts';
import type { Settings } from '../translators/settings.ts';
import { ResourceCache } from '../xds/resource-cache.ts';
import { AdsServer } from '../xds/server.ts';
import { FleetObservations, type InfrastructureObservation } from './fleet-observations.ts';
import { Instants } from './instants.ts';
import { SettleLoop } from './settle-loop.ts';
import { SnapshotPublisher } from './snapshot-publisher.ts';

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

const KIND_OF = { gatewayClasses: 'GatewayClass', gateways: 'Gateway', httpRoutes: 'HTTPRoute' } as const;
const STATUS_COLLECTIONS = ['gatewayClasses', 'gateways', 'httpRoutes'] as const;

/** Objects in; xDS, infrastructure and statuses out. The same for files and for a cluster. */
export class ControlPlane {
  readonly pipeline: Pipeline;
  readonly endpoints: EndpointPipeline;
  readonly cache = new ResourceCache();
  readonly server: AdsServer;
  readonly #sinks: ReadonlyMap<string, Sink>;
  readonly #publisher: SnapshotPublisher;
  readonly #loop: SettleLoop;
  readonly #instants: Instants;
  readonly #observations: FleetObservations;

  constructor(settings: Settings) {
    this.pipeline = createPipeline(settings);
    this.endpoints = createEndpointPipeline();
    this.#sinks = objectSinks(this.pipeline.inputs, this.endpoints.inputs);
    this.#publisher = new SnapshotPublisher((fleet, changes) => this.cache.update(fleet, changes));
    this.#loop = new SettleLoop(this.pipeline, this.endpoints, () => this.#publisher.flush());
    this.#instants = new Instants(this.pipeline.inputs.passed, () => this.#loop.schedule());
    this.#observations = new FleetObservations(this.pipeline.inputs.observations, () => this.#loop.schedule());
    this.server = new AdsServer({ cache: this.cache, ...this.#serverHooks() });
    this.#follow();
  }

  /** Takes in an object that was admitted against its schema. A kind that the graphs do not read is let pass. */
  put(object: KubernetesObject): void {
    this.#sinks.get(object.kind)?.(objectKey(object), object);
    this.#loop.schedule();
  }

  remove(kind: string, key: string): void {
    this.#sinks.get(kind)?.(key, undefined);
    this.#loop.schedule();
  }

  /** All initial input is in: from now on what is committed is published. */
  listed(): void {
    this.#loop.open();
  }

  /** Resolves when what was put so far is committed. */
  settled(): Promise<void> {
    return this.#loop.settled();
  }

  statuses(): readonly Required<StatusChange>[] {
    return STATUS_COLLECTIONS.flatMap((name) =>
      [...this.pipeline.statuses[name].entries()].map(([key, status]) => ({ kind: KIND_OF[name], key, status })),
    );
  }

  /** The status of one object as it should be now; undefined where we have none to write. */
  status(kind: string, key: string): object | undefined {
    const name = STATUS_COLLECTIONS.find((each) => KIND_OF[each] === kind);
    return name && this.pipeline.statuses[name].get(key);
  }

  onStatus(listener: (changes: readonly StatusChange[]) => void): void {
    const { graph, statuses } = this.pipeline;
    const follow = <T extends object>(kind: string, collection: typeof statuses.gateways | typeof statuses.httpRoutes | typeof statuses.gatewayClasses) =>
      graph.onCommit<T>(collection as never, (changes) => listener(changes.map(({ key, next }) => ({ kind, key, status: next }))));
    for (const name of STATUS_COLLECTIONS) follow(KIND_OF[name], statuses[name]);
  }

  fleets(): readonly InfraNode[] {
    return [...this.pipeline.infra.entries()].map(([, infra]) => infra);
  }

  onFleet(listener: (changes: readonly FleetChange[]) => void): void {
    this.pipeline.graph.onCommit(this.pipeline.infra, (changes) => listener(changes.map(({ key, next }) => ({ fleet: key, infra: next }))));
  }

  /** What the infrastructure says of a fleet; undefined: the fleet is gone. */
  observe(fleet: string, observation: InfrastructureObservation | undefined): void {
    this.#observations.infrastructure(fleet, observation);
  }

  async close(graceMs: number): Promise<void> {
    this.#loop.close();
    this.#instants.close();
    this.#observations.close();
    await this.server.close(graceMs);
  }
}
