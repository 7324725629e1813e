import K8sOperator, { type ResourceEvent, type ResourceMeta } from '@dot-i/k8s-operator';
import { CoreV1Api } from '@kubernetes/client-node';
import type { KubernetesObject } from '../crds/object-meta.ts';
import type { Clock } from './cluster/clock.ts';
import type { KubeClient } from './cluster/kube-client.ts';
import { Reflector, type ReflectorEvent } from './cluster/reflector.ts';
import { apiVersionOf, keyOf, type ObjectKey, type ResourceKind, resourceName } from './cluster/resource-kind.ts';
import type { WatchProblem } from './cluster/watch-problem.ts';
import type { ComponentLogger } from './control-plane.ts';
import { FollowedKind } from './followed-kind.ts';
import { NamespaceView } from './namespace-view.ts';
import { type WatchScope, WHOLE_CLUSTER } from './watch-scope.ts';

/** Brings what we know of one object up to date, whatever happened to it: looks it up by `GatewayOperator.object`, which answers undefined once it is gone. */
export interface Reconciler {
  readonly kind: ResourceKind;
  /** Level-triggered. Runs in the turn in which the event came; what it throws is logged, and the key comes back by the back-off policy. */
  readonly reconcile: (key: ObjectKey) => Promise<void> | void;
  /** What to keep of an object; default: all of it. See `GatewayOperator.refetch`. */
  readonly project?: (object: KubernetesObject) => KubernetesObject;
}

export interface GatewayOperatorOptions {
  readonly client: KubeClient;
  /** Writes; default: the client. */
  readonly writes?: Pick<KubeClient, 'patch'>;
  readonly logger: ComponentLogger;
  /** Default: all namespaces. */
  readonly scope?: WatchScope;
  /** A kind cannot be followed (any more), or can again; in one namespace, where one is named. */
  readonly onTrouble?: (kind: ResourceKind, problem: WatchProblem | undefined, namespace: string | undefined) => void;
  /** What is installed, as metadata. */
  readonly onDefinition?: (event: ReflectorEvent) => void;
  readonly clock?: Clock;
  readonly random?: () => number;
  /** How long `synced` waits for objects that cannot be reconciled, in milliseconds. Default: half a minute. */
  readonly patienceMs?: number;
}

/** An API server that fails now and then, as after a restart, is over it by then; what fails for longer may fail for ever. */
const PATIENCE_MS = 30_000;

export const CUSTOM_RESOURCE_DEFINITION: ResourceKind = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
};

/**
 * The operator: follows the kinds that have a reconciler and calls it with the key of whatever changed. Start and init, kubeconfig, logger, meta types
 * and the decision what to do about a finalizer are the library's; watching and writing are ours, because the library ends the process when a watch
 * breaks, misses what was deleted meanwhile, and loses the errors of its writes.
 */
export class GatewayOperator extends K8sOperator.default {
  readonly #options: GatewayOperatorOptions;
  readonly #followed = new Map<string, FollowedKind>();
  readonly #kinds = new Map<string, ResourceKind>();
  readonly #problems = new Map<string, WatchProblem>();
  readonly #view: NamespaceView;
  readonly #stopping = new AbortController();
  readonly #runs: Promise<void>[] = [];
  readonly #synced = Promise.withResolvers<void>();
  readonly #defined = Promise.withResolvers<void>();

  constructor(options: GatewayOperatorOptions) {
    const restore = hideKubeconfig();
    super(options.logger);
    restore();
    this.kubeConfig = options.client.kubeConfig;
    this.k8sApi = this.kubeConfig.makeApiClient(CoreV1Api);
    this.#options = options;
    this.#view = new NamespaceView({
      client: options.client,
      logger: options.logger,
      scope: options.scope ?? { type: 'All' },
      ...(options.clock === undefined ? {} : { clock: options.clock }),
      onTrouble: (kind, problem, namespace) => this.#trouble(kind, namespace, problem),
      patienceMs: options.patienceMs ?? PATIENCE_MS,
      onReady: () => this.#synced.resolve(),
    });
  }

  /** Before `start`. One reconciler a kind. */
  register(reconciler: Reconciler): void {
    const name = resourceName(reconciler.kind);
    if (this.#followed.has(name)) throw new Error(`${name} has a reconciler already`);
    this.#kinds.set(metaId(reconciler.kind), reconciler.kind);
    this.#followed.set(name, this.#follow(reconciler));
  }

  /** What is followed, in the order of registration. */
  get kinds(): readonly ResourceKind[] {
    return [...this.#followed.values()].map(({ kind }) => kind);
  }

  /** The newest copy of an object, or what `project` kept of it; undefined: it is not there. */
  object(kind: ResourceKind, key: ObjectKey): KubernetesObject | undefined {
    return this.#of(kind).object(key);
  }

  /** The keys of all objects of a kind, in no order. */
  keys(kind: ResourceKind): Iterable<ObjectKey> {
    return this.#of(kind).keys();
  }

  /** Reconciles a key again although the object did not change: something that it depends on did. */
  requeue(kind: ResourceKind, key: ObjectKey): void {
    this.#of(kind).queue.add(key);
  }

  /** Gets an object again because `project` keeps another part of it now, and reconciles it then. */
  refetch(kind: ResourceKind, key: ObjectKey): void {
    this.#of(kind).refetch(key);
  }

  /**
   * Takes objects from other namespaces from now on. What comes in enters when all of it is known, and what is in both stays as it is: nothing is
   * followed anew that is followed already.
   */
  rescope(scope: WatchScope): void {
    this.#view.rescope(scope);
  }

  /** Reconciles everything again although nothing changed. */
  resync(): void {
    for (const followed of this.#followed.values()) for (const key of followed.keys()) followed.queue.add(key);
  }

  /** What is wrong with which kinds, in the order of their names. */
  get problems(): readonly WatchProblem[] {
    return [...this.#problems].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, problem]) => problem);
  }

  /**
   * Resolves when every kind has been listed and each of its objects reconciled, and definitions have been listed: from then on what we know is the whole truth. A kind that
   * the cluster does not have counts as listed, one that we may not read too (`problems` says so). An object that cannot be reconciled, because a certificate of it cannot be read, is
   * waited for as long as there is patience: without it, a proxy that serves it would be told that it is gone.
   */
  get synced(): Promise<void> {
    return Promise.all([this.#synced.promise, this.#defined.promise]).then(() => undefined);
  }

  /** Ends all watches and resolves when nothing runs any more. */
  override async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([...this.#runs, this.#view.stop(), ...[...this.#followed.values()].map((followed) => followed.stop())]);
  }

  /**
   * Keeps a finalizer on an object as long as it is in use, and takes it away after that: its deletion then goes on. Nothing happens where the live object
   * is as it should be. Throws KubernetesError: 409 where somebody wrote the object meanwhile, which brings an event and another call.
   */
  async keepFinalizer(kind: ResourceKind, key: ObjectKey, use: { readonly finalizer: string; readonly inUse: boolean }): Promise<void> {
    const object = this.object(kind, key);
    if (object === undefined) return;
    const { deletionTimestamp, finalizers = [] } = object.metadata;
    const meta = K8sOperator.ResourceMetaImpl.createWithPlural(kind.plural, forLibrary(object));
    if (use.inUse === (deletionTimestamp === undefined)) {
      // In use and alive: it is added. Out of use and to be deleted: it is removed. The library adds to the list that it is given.
      const copy = forLibrary({ ...object, metadata: { ...object.metadata, finalizers: [...finalizers] } });
      const event = { meta, type: K8sOperator.ResourceEventType.Modified, object: copy };
      await this.handleResourceFinalizer(event, use.finalizer, async () => undefined);
    } else if (!use.inUse && finalizers.includes(use.finalizer)) {
      await this.setResourceFinalizers(
        meta,
        finalizers.filter((finalizer) => finalizer !== use.finalizer),
      );
    }
  }

  get #writes(): Pick<KubeClient, 'patch'> {
    return this.#options.writes ?? this.#options.client;
  }

  protected override async init(): Promise<void> {
    this.#runs.push(this.#definitions().run(this.#stopping.signal));
    this.#view.start([...this.#followed.values()]);
  }

  protected override async setResourceFinalizers(meta: ResourceMeta, finalizers: string[]): Promise<void> {
    const body = { metadata: { resourceVersion: meta.resourceVersion, finalizers } };
    await this.#writes.patch(this.#kindOf(meta), keyOf(meta), { type: 'merge', body });
  }

  protected override async setResourceStatus(meta: ResourceMeta, status: unknown): Promise<ResourceMeta> {
    const operations = [{ op: 'add', path: '/status', value: status }];
    const written = await this.#writes.patch(this.#kindOf(meta), keyOf(meta), { type: 'json', operations }, { subresource: 'status' });
    return K8sOperator.ResourceMetaImpl.createWithId(meta.id, forLibrary(written));
  }

  protected override async patchResourceStatus(meta: ResourceMeta, status: unknown): Promise<ResourceMeta> {
    const body = { status };
    const written = await this.#writes.patch(this.#kindOf(meta), keyOf(meta), { type: 'merge', body }, { subresource: 'status' });
    return K8sOperator.ResourceMetaImpl.createWithId(meta.id, forLibrary(written));
  }

  /** The library's own watch ends the process when it breaks. */
  protected override watchResource(): Promise<void> {
    throw new Error('Kinds are followed by `register`');
  }

  /** The library's own way does not work with the API client that we have. */
  protected override registerCustomResourceDefinition(): ReturnType<
    InstanceType<typeof K8sOperator.default>['registerCustomResourceDefinition']
  > {
    throw new Error('CustomResourceDefinitions are installed by whoever installs the operator (`gatehouse crds`)');
  }

  #follow(reconciler: Reconciler): FollowedKind {
    const { client, logger, clock, random } = this.#options;
    const { kind } = reconciler;
    return new FollowedKind({
      client,
      logger,
      reconciler,
      takes: (namespace) => this.#view.takes(namespace),
      onEvent: (event) => this.#view.event(kind, event),
      onSettled: () => this.#view.advance(),
      onTrouble: (place, problem) => this.#trouble(kind, place === WHOLE_CLUSTER ? undefined : place, problem),
      ...(clock === undefined ? {} : { clock }),
      ...(random === undefined ? {} : { random }),
    });
  }

  /** Tells the reflector of a kind when its definition comes or changes. Where we may not see definitions, it finds out by itself a little later. */
  #definitions(): Reflector {
    const { client, logger } = this.#options;
    return new Reflector({
      client,
      kind: CUSTOM_RESOURCE_DEFINITION,
      metadataOnly: true,
      onEvent: (event) => {
        this.#followed.get(event.key)?.wake();
        this.#options.onDefinition?.(event);
      },
      onListed: () => this.#defined.resolve(),
      onTrouble: (problem) => {
        this.#defined.resolve();
        logger.debug(problem?.message ?? 'CustomResourceDefinitions are followed again.');
      },
    });
  }

  #trouble(kind: ResourceKind, namespace: string | undefined, problem: WatchProblem | undefined): void {
    const name = namespace === undefined ? resourceName(kind) : `${resourceName(kind)} of ${namespace}`;
    if (problem === undefined) this.#problems.delete(name);
    else this.#problems.set(name, problem);
    const { logger } = this.#options;
    const fields = { kind: kind.kind, ...(namespace === undefined ? {} : { namespace }) };
    if (problem === undefined) logger.info(`${name} is followed again.`, fields);
    else logger.warn(problem.message, fields);
    this.#view.trouble(kind, namespace, problem);
    this.#options.onTrouble?.(kind, problem, namespace);
  }

  #of(kind: ResourceKind): FollowedKind {
    const followed = this.#followed.get(resourceName(kind));
    if (followed === undefined) throw new Error(`${resourceName(kind)} has no reconciler`);
    return followed;
  }

  #kindOf(meta: ResourceMeta): ResourceKind {
    const kind = this.#kinds.get(meta.id);
    if (kind === undefined) throw new Error(`${meta.id} has no reconciler`);
    return kind;
  }
}

// The cast: the library's type has dates where JSON, which is what it gets from its own watch too, has strings.
const forLibrary = (object: KubernetesObject): ResourceEvent['object'] => object as unknown as ResourceEvent['object'];

/** What the library calls a kind. */
const metaId = (kind: ResourceKind): string => `${kind.plural}.${apiVersionOf(kind)}`;

/** The library's constructor reads whatever kubeconfig it finds, and fails on a broken one even though another is used. Answers how to bring it back. */
const hideKubeconfig = (): (() => void) => {
  const { KUBECONFIG, HOME } = process.env;
  process.env['KUBECONFIG'] = '';
  process.env['HOME'] = '';
  return () => {
    for (const [name, value] of Object.entries({ KUBECONFIG, HOME })) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
};
