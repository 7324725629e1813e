import { isDeepStrictEqual } from 'node:util';
import type { KubernetesObject } from '../../../crds/object-meta.ts';
import type { InfraNode } from '../../../translators/ir/infra-node.ts';
import { type Result, refused } from '../../../translators/ir/result.ts';
import type { Clock } from '../../cluster/clock.ts';
import { errorText } from '../../cluster/error-text.ts';
import type { KubeClient } from '../../cluster/kube-client.ts';
import { resourceName } from '../../cluster/resource-kind.ts';
import { WorkQueue } from '../../cluster/work-queue.ts';
import type { ControlPlaneLogger } from '../../control-plane.ts';
import type { InfrastructureObservation } from '../../fleet-observations.ts';
import { type Place, WHOLE_CLUSTER } from '../../watch-scope.ts';
import { nodesFor } from './fleet-addresses.ts';
import { FleetTrouble } from './fleet-trouble.ts';
import { FleetWriter, type ProxyWrites, type WriteRecord } from './fleet-writer.ts';
import { LiveObjects } from './live-objects.ts';
import { fleetObservation, serviceOf } from './observe-fleet.ts';
import { ProxyNodes } from './proxy-nodes.ts';
import { ownerOf, withController, withOwner } from './proxy-owner.ts';

/** What the infrastructure needs of the control plane. */
export interface FleetSource {
  fleets(): readonly InfraNode[];
  /** Undefined: nothing is to be served there. */
  onFleet(listener: (changes: readonly { readonly fleet: string; readonly infra: InfraNode | undefined }[]) => void): void;
  /** Undefined: the fleet's proxies are gone. */
  observe(fleet: string, observation: InfrastructureObservation | undefined): void;
  /** What belongs to these proxies is left as it is although nothing is to be served there at present, or it is not known what is. */
  keepsProxies(owner: string): boolean;
}

export interface KubernetesInfrastructureOptions {
  readonly client: KubeClient;
  /** What writes; default: the client. */
  readonly writes?: ProxyWrites;
  /** The controller's own. */
  readonly namespace: string;
  /** Where there may be proxies; default: with the controller. */
  readonly places?: readonly Place[];
  /** GatewayClass `controllerName`. */
  readonly controllerName: string;
  readonly controlPlane: FleetSource;
  /** The objects of a fleet, whole, in the order in which they are applied. */
  readonly render: (infra: InfraNode) => Result<readonly KubernetesObject[]>;
  readonly onWrite?: (write: WriteRecord) => void;
  readonly logger: ControlPlaneLogger;
  readonly clock?: Clock;
  readonly random?: () => number;
}

interface Fleet {
  readonly fleet: string;
  readonly rendered: Result<readonly KubernetesObject[]>;
  readonly trouble: FleetTrouble;
  told: InfrastructureObservation | undefined;
  /** Since this replica leads, it has been found out once what stands in the way of what is wanted. */
  compared: boolean;
}

/** Fleets whose objects are compared and written at once. */
const CONCURRENCY = 8;

/**
 * The proxies of a cluster: for each fleet the objects that it is made of. Whatever happens, a fleet is compared as a whole
 * with what is there; only the leader writes. What carries the labels of proxies and belongs to nobody is deleted.
 */
export class KubernetesInfrastructure {
  readonly #options: KubernetesInfrastructureOptions;
  readonly #fleets = new Map<string, Fleet>();
  readonly #live: LiveObjects;
  readonly #nodes: ProxyNodes;
  readonly #writer: FleetWriter;
  readonly #queue: WorkQueue;
  readonly #stopping = new AbortController();
  #run: Promise<void> = Promise.resolve();
  #leading = false;

  constructor(options: KubernetesInfrastructureOptions) {
    this.#options = options;
    const { client, namespace: home, places = [home], controllerName, clock, random, logger } = options;
    const time = { ...(clock === undefined ? {} : { clock }), ...(random === undefined ? {} : { random }) };
    this.#live = new LiveObjects({
      client,
      home,
      places,
      onChange: (owner) => this.#changed(owner),
      onListed: () => this.#changedAll(),
      onTrouble: (kind, place, problem) => {
        const [fields, where] = place === WHOLE_CLUSTER ? [{}, ''] : [{ namespace: place }, ` in namespace ${place}`];
        if (problem === undefined) logger.info(`${resourceName(kind)}${where} are followed again.`, { kind: kind.kind, ...fields });
        else logger.warn(problem.message, { kind: kind.kind, ...fields });
        this.#changedAll();
      },
      ...time,
    });
    this.#nodes = new ProxyNodes({ client, home, places, onChange: (owner) => this.#observe(owner), ...time });
    this.#writer = new FleetWriter({
      client: options.writes ?? client,
      live: this.#live,
      controller: { home, controllerName },
      mayWrite: () => this.#leading,
      onWrite: (write) => options.onWrite?.(write),
    });
    this.#queue = new WorkQueue({
      process: (owner) => this.#reconcile(owner),
      concurrency: CONCURRENCY,
      onError: (owner, error) => {
        // What a person can do about it is told where it was found.
        if (error instanceof Postponed) return;
        logger.error(`The proxies of ${owner} could not be compared: ${errorText(error)}`, { fleet: owner });
        const fleet = this.#fleets.get(owner);
        if (fleet !== undefined) fleet.compared = true;
        this.#observe(owner);
      },
      ...time,
    });
  }

  /** Begins to follow the cluster and the control plane, which must know all Gateways by then. */
  start(): void {
    const { controlPlane } = this.#options;
    controlPlane.onFleet((changes) => {
      for (const { fleet, infra } of changes) this.#follow(fleet, infra);
    });
    for (const infra of controlPlane.fleets()) this.#follow(infra.fleet, infra);
    this.#run = this.#live.run(this.#stopping.signal);
  }

  /** From now on this replica writes, or no longer does: nothing more is begun then. */
  lead(leading: boolean): void {
    this.#leading = leading;
    for (const fleet of this.#fleets.values()) {
      fleet.trouble.clear();
      fleet.compared = false;
    }
    this.#changedAll();
  }

  /** What fleets are rendered from has changed, beside the fleets. */
  renderAgain(): void {
    for (const infra of this.#options.controlPlane.fleets()) this.#follow(infra.fleet, infra);
  }

  /** Ends all watches and resolves when nothing is under way any more. The proxies stay. */
  async stop(): Promise<void> {
    this.#leading = false;
    this.#stopping.abort();
    this.#queue.stop();
    await Promise.all([this.#run, this.#nodes.stop(), this.#queue.idle()]);
  }

  #follow(fleet: string, infra: InfraNode | undefined): void {
    const owner = infra === undefined ? this.#ownerOfFleet(fleet) : (ownerOf(infra.labels) ?? fleet);
    if (infra === undefined) {
      this.#fleets.delete(owner);
      this.#nodes.need(owner, undefined);
      this.#options.controlPlane.observe(fleet, undefined);
    } else {
      const { trouble = new FleetTrouble(), told, compared = false } = this.#fleets.get(owner) ?? {};
      this.#fleets.set(owner, { fleet, rendered: this.#render(infra), trouble, told, compared });
    }
    this.#changed(owner);
  }

  #render(infra: InfraNode): Result<readonly KubernetesObject[]> {
    try {
      const rendered = this.#options.render(infra);
      return rendered.ok ? { ok: true, value: rendered.value.map((object) => this.#signed(object, infra)) } : rendered;
    } catch (error) {
      this.#options.logger.error(`The proxies of ${infra.fleet} could not be rendered: ${errorText(error)}`, { fleet: infra.fleet });
      const message = `The proxies of ${infra.fleet} could not be rendered because of a bug in Gatehouse: ${errorText(error)}.`;
      return refused({ type: 'Programmed', reason: 'InternalError', message });
    }
  }

  /** With what it is found by, whatever a user's patch made of it. */
  #signed(object: KubernetesObject, { labels, namespace }: InfraNode): KubernetesObject {
    const owned = withOwner(object, labels);
    return namespace === undefined ? owned : withController(owned, this.#options.controllerName);
  }

  #ownerOfFleet(fleet: string): string {
    for (const [owner, known] of this.#fleets) if (known.fleet === fleet) return owner;
    return fleet;
  }

  #changed(owner: string): void {
    this.#observe(owner);
    this.#queue.add(owner);
  }

  #changedAll(): void {
    for (const owner of new Set([...this.#fleets.keys(), ...this.#live.owners()])) this.#changed(owner);
  }

  /** Compares and writes. Rejects where something is left to do. */
  async #reconcile(owner: string): Promise<void> {
    if (!this.#live.listed || !this.#leading) return;
    const fleet = this.#fleets.get(owner);
    if (fleet === undefined) return await this.#dissolve(owner);
    if (!fleet.rendered.ok) return;
    const problems = await this.#writer.bring({ owner, objects: fleet.rendered.value });
    if (!this.#leading || this.#fleets.get(owner) !== fleet) return;
    if (fleet.trouble.found(problems))
      this.#options.logger.warn(`${owner}: ${fleet.trouble.message ?? 'its proxies are as they should be again.'}`, { fleet: fleet.fleet });
    // What may pass by itself is not told at once.
    fleet.compared ||= problems.length === 0 || fleet.trouble.message !== undefined;
    this.#observe(owner);
    if (problems.length > 0) throw new Postponed(problems);
  }

  /** Nobody wants these proxies any more. */
  async #dissolve(owner: string): Promise<void> {
    if (this.#live.of(owner).length === 0) return;
    // Comes back by itself: whether they are wanted may not be known yet.
    if (this.#options.controlPlane.keepsProxies(owner)) throw new Postponed([]);
    const problems = await this.#writer.bring({ owner, objects: [] });
    for (const { message } of problems) this.#options.logger.warn(`${owner} has no Gateway any more: ${message}`, { fleet: owner });
    if (problems.length > 0) throw new Postponed(problems);
  }

  #observe(owner: string): void {
    const fleet = this.#fleets.get(owner);
    // What is not listed yet would look as if it were not there.
    if (fleet === undefined || !this.#live.listed) return;
    const live = this.#live.of(owner).map(({ object }) => object);
    const objects = fleet.rendered.ok ? fleet.rendered.value : [];
    this.#nodes.need(owner, nodesFor(serviceOf(objects, live)));
    const unknown = [...objects.map((object) => this.#live.problem(object)), this.#nodes.problem(owner)];
    const observation = fleetObservation({
      objects,
      live,
      nodes: () => this.#nodes.addresses(owner),
      problems: [
        ...(fleet.rendered.ok ? [] : [fleet.rendered.problem.message]),
        ...(fleet.trouble.message === undefined ? [] : [fleet.trouble.message]),
        // A server that is away for a while has changed nothing.
        ...unknown.flatMap((problem) => (problem?.reason === 'Forbidden' ? [problem.message] : [])),
      ],
      partial: (fleet.rendered.ok && !fleet.compared) || !this.#nodes.isKnown(owner),
    });
    if (isDeepStrictEqual(observation, fleet.told)) return;
    fleet.told = observation;
    this.#options.controlPlane.observe(fleet.fleet, observation);
  }
}

/** Something is left to do: the back-off policy says when. */
class Postponed extends Error {
  override readonly name = 'Postponed';
  readonly retryAfterMs: number;

  constructor(problems: readonly { readonly retryAfterMs: number }[]) {
    super('Something is left to do.');
    this.retryAfterMs = Math.max(0, ...problems.map(({ retryAfterMs }) => retryAfterMs));
  }
}
