import type { ChannelCredentials, ChannelOptions } from '@grpc/grpc-js';
import type { KubeClient } from '../cluster/kube-client.ts';
import { type ElectionTimes, LeaderElection } from '../cluster/leader-election.ts';
import type { Leadership } from '../cluster/leadership.ts';
import type { Deliveries } from '../deliveries.ts';
import type { DeliveriesService } from './deliveries-service.ts';
import { DeliveryReporter } from './delivery-reporter.ts';
import { ReplicaReports } from './replica-reports.ts';

export interface ReplicaOptions {
  readonly client: Pick<KubeClient, 'get' | 'create' | 'patch'>;
  /** Where the Lease is: the controller's namespace. */
  readonly namespace: string;
  readonly leaseName?: string;
  /** Of this process alone: the pod's name and something random. */
  readonly identity: string;
  /** Where the other replicas reach this one's xDS server, `host:port`; undefined: they cannot, and their proxies stay unknown while it leads. */
  readonly address?: () => string | undefined;
  readonly times?: Partial<ElectionTimes>;
  readonly deliveries: Deliveries;
  /** Served at the same address as xDS. */
  readonly service: DeliveriesService;
  /** How to reach the leader; undefined: nothing is told to it. */
  readonly channel?: () => { readonly credentials: ChannelCredentials; readonly options?: ChannelOptions };
  readonly logger: { info(message: string): unknown; warn(message: string): unknown };
}

/** How long a new leader waits for the others to tell of their proxies before it writes. Milliseconds. */
const INFORMED_MS = 5_000;
const LOOK_MS = 50;

/** One of several replicas (decisions/0013): stands for election, hears of the other replicas' proxies while it leads, and tells the leader of its own while it does not. */
export class Replica {
  readonly #election: LeaderElection;
  readonly #reporter: DeliveryReporter | undefined;
  readonly #deliveries: Deliveries;

  constructor({ deliveries, service, identity, channel, leaseName, ...options }: ReplicaOptions) {
    const { logger } = options;
    this.#deliveries = deliveries;
    this.#election = new LeaderElection({ ...options, identity, ...(leaseName === undefined ? {} : { name: leaseName }) });
    const reports = new ReplicaReports(deliveries);
    this.#election.onLeading((leading) => {
      service.listen(leading ? (stream, report) => reports.receive(stream, report) : undefined);
      if (!leading) reports.forgetAll();
    });
    if (channel === undefined) return;
    const onRefused = (): void => this.#election.look();
    const reporter = new DeliveryReporter({ replica: identity, deliveries, channel, logger, onRefused });
    this.#election.onHolder((lease) => reporter.follow(lease?.holder === identity ? undefined : lease?.address));
    this.#reporter = reporter;
  }

  get leadership(): Leadership {
    return this.#election;
  }

  /** Begins to stand for election: once this replica knows the cluster and serves it. */
  start(): void {
    this.#election.start();
  }

  /** See `informed`. */
  informed(): Promise<void> {
    return informed(this.#deliveries);
  }

  /** Hands over. Everything that is to be written has to be written before. */
  async stop(): Promise<void> {
    await this.#election.stop();
    await this.#reporter?.stop();
  }
}

/**
 * Begins to tell what is known here, and resolves when of every proxy that is up it is known, to this replica or another, how it stands. At the latest after 5 s:
 * one fleet that cannot be heard must not hold up the statuses of all others, and its own say nothing new of it until it was heard (`FleetObservations.begin`).
 */
export async function informed(deliveries: Pick<Deliveries, 'begin' | 'isComplete'>): Promise<void> {
  deliveries.begin();
  const end = performance.now() + INFORMED_MS;
  while (!deliveries.isComplete && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS).unref());
  }
}
