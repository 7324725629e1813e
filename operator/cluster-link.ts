import { hostname } from 'node:os';
import { ROUTE_KINDS } from '../crds/gateway-api/route.ts';
import { unreadableIn } from '../translators/gateway-api/unreadable.ts';
import { STATUS_KINDS } from '../translators/statuses/status-place.ts';
import { EventRecorder } from './cluster/events.ts';
import type { KubeClient } from './cluster/kube-client.ts';
import { alwaysLeading, type Leadership, writesOfTheLeader } from './cluster/leadership.ts';
import { logFields, type ObjectKey, type ResourceKind } from './cluster/resource-kind.ts';
import { lackOfRights, type WatchProblem } from './cluster/watch-problem.ts';
import type { ComponentLogger, ControlPlane } from './control-plane.ts';
import { GatewayOperator, type Reconciler } from './gateway-operator.ts';
import { CloudLoader } from './reconcilers/cloud-loader.ts';
import { ConditionTeller } from './reconcilers/condition-teller.ts';
import { contentReconciler } from './reconcilers/content.ts';
import { CONTENT_KINDS, ContentLoader } from './reconcilers/content-loader.ts';
import { StoredEntryList } from './reconcilers/entry-list.ts';
import { envoyProxyReconciler } from './reconcilers/envoy-proxy.ts';
import { gatewayReconciler } from './reconcilers/gateway.ts';
import { gatewayClassReconciler } from './reconcilers/gateway-class.ts';
import { inputReconciler } from './reconcilers/input-reconciler.ts';
import { listenerSetReconciler } from './reconcilers/listener-set.ts';
import { PodFollower } from './reconcilers/pod-follower.ts';
import { backendTlsPolicyReconciler, telemetryPolicyReconciler, trafficPolicyReconciler } from './reconcilers/policy.ts';
import type { ReconcileContext } from './reconcilers/reconcile-context.ts';
import { routeReconciler } from './reconcilers/route.ts';
import { watchedKind } from './reconcilers/watched-kinds.ts';
import { xBackendReconciler } from './reconcilers/x-backend.ts';
import { StatusWriter } from './statuses/writer.ts';
import type { WatchScope } from './watch-scope.ts';

export interface ClusterLinkOptions {
  readonly client: KubeClient;
  readonly controlPlane: ControlPlane;
  readonly controllerName: string;
  /** Which namespaces are read. Default: all. */
  readonly scope?: WatchScope;
  readonly logger: ComponentLogger;
  /** When to write; default: always. */
  readonly leadership?: Leadership;
  /** Resolves when enough is known for statuses to be written; a new leader waits for it. Default: at once. */
  readonly informed?: () => Promise<void>;
  /** Proxies run on a machine, whatever the cloud of the cluster is. */
  readonly onMachine?: boolean;
  /** As in `GatewayOperatorOptions`. */
  readonly patienceMs?: number;
}

/** What a timer can wait. */
const LONGEST_MS = 2 ** 31 - 1;

/** Kinds that are read and never written. */
const INPUT_KINDS = ['ReferenceGrant', 'Namespace', 'Service', 'ServiceImport', 'EndpointSlice', 'ClusterTrustBundle'] as const;

/** Ties a control plane to a cluster: objects come in by watches, statuses and events go back. */
export class ClusterLink {
  readonly operator: GatewayOperator;
  readonly writer: StatusWriter;
  readonly #events: EventRecorder;
  readonly #teller: ConditionTeller;
  readonly #controlPlane: ControlPlane;
  readonly #leadership: Leadership;
  readonly #informed: () => Promise<void>;
  readonly #options: Pick<ClusterLinkOptions, 'controllerName' | 'logger'>;
  readonly #entryList: StoredEntryList;
  readonly #cloud: CloudLoader | undefined;
  readonly #kept = new Set<ObjectKey>();
  readonly #pods: PodFollower;
  readonly #stopping = new AbortController();
  #following: Promise<void> = Promise.resolve();
  #leads = false;
  #resync: NodeJS.Timeout | undefined;

  constructor(options: ClusterLinkOptions) {
    const { client, controlPlane, controllerName, scope, logger, leadership = alwaysLeading, informed = async () => undefined } = options;
    this.#options = options;
    this.#controlPlane = controlPlane;
    this.#leadership = leadership;
    this.#informed = informed;
    const writes = writesOfTheLeader(client, leadership);
    this.operator = new GatewayOperator({
      client,
      writes,
      logger,
      ...(scope === undefined ? {} : { scope }),
      ...(options.patienceMs === undefined ? {} : { patienceMs: options.patienceMs }),
      onDefinition: (event) => {
        if (event.type === 'put') controlPlane.put({ ...event.object, kind: 'CustomResourceDefinition' });
        else controlPlane.remove('CustomResourceDefinition', event.key);
      },
      onTrouble: (kind, problem, namespace) => {
        const what = namespace === undefined ? kind.kind : unreadableIn(kind.kind, namespace);
        controlPlane.unreadable(what, problem?.reason === 'Forbidden' ? lackOfRights(kind, namespace) : undefined);
      },
    });
    this.#events = new EventRecorder({ client: writes, controller: controllerName, instance: hostname() });
    this.#teller = new ConditionTeller(this.#events);
    this.writer = new StatusWriter({
      client: writes,
      ownership: { controllerName },
      live: (kind, key) => this.operator.object(kind, key),
      onProblem: ({ kind, key, message }) =>
        logger.warn(`${kind.kind} ${key}: its status cannot be written: ${message}`, logFields(kind, key)),
      onContest: (kind, key) => this.#contested(kind, key),
    });
    this.#lead(false);
    const { operator, writer } = this;
    this.#entryList = new StoredEntryList({
      client,
      onChange: () => this.#requeueAll(watchedKind('XBackend')),
      onTrouble: (why) => logger.warn(`XBackends get no status, since its shape hangs on the version that is installed. ${why}`),
    });
    this.#pods = new PodFollower({ client, controlPlane, logger });
    const contents = new ContentLoader({ client, controlPlane, onRelease: (kind, key) => operator.refetch(watchedKind(kind), key) });
    const cloud = options.onMachine === true ? undefined : new CloudLoader({ client, controlPlane });
    this.#cloud = cloud;
    const [leads, entryList] = [() => this.#leads, () => this.#entryList.current];
    const known = { contents, kept: this.#kept, pods: this.#pods, leads, entryList, ...(cloud && { cloud }) };
    const context = { controllerName, operator, controlPlane, writer, teller: this.#teller, ...known };
    for (const reconciler of reconcilers(context)) this.operator.register(reconciler);
    controlPlane.onStatus((changes) => {
      for (const { kind, key } of changes) this.operator.requeue(watchedKind(kind), key);
    });
    // Whether a class may be deleted hangs on its Gateways.
    controlPlane.onGatewayCount((names) => {
      for (const name of names) this.operator.requeue(watchedKind('GatewayClass'), name);
    });
  }

  /** Gateways that are there and may not be in the graph, because something that they need could not be read. */
  get keptGateways(): ReadonlySet<ObjectKey> {
    return this.#kept;
  }

  /** Follows the cluster. Resolves when all that is there is in the graph and the control plane is open; from then on it writes while it leads. Rejects when `stop` is aborted before. */
  async start(stop: AbortSignal): Promise<void> {
    await this.operator.start();
    this.#following = this.#entryList.run(this.#stopping.signal);
    await orAborted(this.operator.synced, stop);
    this.#controlPlane.listed();
    await this.#controlPlane.settled();
    this.#leadership.onLeading((leading) => {
      if (!leading) this.#lead(false);
      else void this.#informed().then(() => this.#lead(this.#leadership.term !== undefined));
    });
  }

  /** What cannot be read at present. */
  get problems(): readonly WatchProblem[] {
    return [...this.operator.problems, ...this.#pods.problems];
  }

  /** Reconciles everything so often although nothing changed, in milliseconds; undefined: never. */
  resyncEvery(ms: number | undefined): void {
    clearInterval(this.#resync);
    this.#resync = ms === undefined ? undefined : setInterval(() => this.operator.resync(), Math.min(ms, LONGEST_MS));
  }

  /** Writes what is still to be written, and lets go of the cluster. */
  async stop(): Promise<void> {
    this.resyncEvery(undefined);
    this.#stopping.abort();
    this.#cloud?.stop();
    await Promise.all([this.#pods.stop(), this.operator.stop(), this.#following]);
    await this.writer.flush();
    this.writer.stop();
    await this.#events.flush();
    this.#events.stop();
  }

  #contested(kind: ResourceKind, key: ObjectKey): void {
    const { controllerName, logger } = this.#options;
    const message = `Somebody else writes its status as ${controllerName}. Does a second controller of that name run? Stop one, or give it another \`gateway.controllerName\` and GatewayClasses of its own.`;
    logger.warn(`${kind.kind} ${key}: ${message}`, logFields(kind, key));
    const object = this.operator.object(kind, key);
    if (object !== undefined) this.#events.record({ object, type: 'Warning', reason: 'StatusContested', action: 'Reconcile', message });
  }

  /** Who begins to lead compares everything there is with what should be; what waits to be written when it ends is the next one's. */
  #lead(leading: boolean): void {
    this.#leads = leading;
    for (const each of [this.writer, this.#events, this.#teller]) each.lead(leading);
    if (leading) for (const kind of STATUS_KINDS.map(watchedKind)) this.#requeueAll(kind);
  }

  #requeueAll(kind: ResourceKind): void {
    for (const key of this.operator.keys(kind)) this.operator.requeue(kind, key);
  }
}

const reconcilers = (context: ReconcileContext): readonly Reconciler[] => [
  backendTlsPolicyReconciler(context),
  envoyProxyReconciler(context),
  gatewayClassReconciler(context),
  gatewayReconciler(context),
  listenerSetReconciler(context),
  telemetryPolicyReconciler(context),
  trafficPolicyReconciler(context),
  xBackendReconciler(context),
  ...ROUTE_KINDS.map((kind) => routeReconciler(context, kind)),
  ...CONTENT_KINDS.map((kind) => contentReconciler(context, kind)),
  ...INPUT_KINDS.map((kind) => inputReconciler(context, kind)),
];

/** Rejects with the signal's reason when it is aborted first. */
function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    if (signal.aborted) reject(signal.reason);
    work.then(resolve, reject);
  });
}
