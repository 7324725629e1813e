import type { KubernetesObject } from '../crds/object-meta.ts';
import { equal } from '../translators/graph/equal.ts';
import type { Clock } from './cluster/clock.ts';
import type { KubeClient } from './cluster/kube-client.ts';
import { Reflector, type ReflectorEvent } from './cluster/reflector.ts';
import { logFields, nameOf, type ObjectKey, type ResourceKind } from './cluster/resource-kind.ts';
import { compareVersions } from './cluster/seen-versions.ts';
import type { WatchProblem } from './cluster/watch-problem.ts';
import { WorkQueue } from './cluster/work-queue.ts';
import type { ControlPlaneLogger } from './control-plane.ts';
import type { Reconciler } from './gateway-operator.ts';
import { type Place, WHOLE_CLUSTER } from './watch-scope.ts';

export interface FollowedKindOptions {
  readonly client: KubeClient;
  readonly logger: Pick<ControlPlaneLogger, 'error'>;
  readonly reconciler: Reconciler;
  /** Whether objects of a namespace are taken. Of others nothing is told. */
  readonly takes: (namespace: string) => boolean;
  /** Told of each object that comes, changes or goes, before its reconciler is. */
  readonly onEvent: (event: ReflectorEvent) => void;
  /** All objects of a place are known and, where they are taken, reconciled once. */
  readonly onSettled: () => void;
  readonly onTrouble: (place: Place, problem: WatchProblem | undefined) => void;
  readonly clock?: Clock;
  readonly random?: () => number;
}

interface Followed {
  readonly reflector: Reflector;
  readonly stopping: AbortController;
  readonly run: Promise<void>;
}

/** One kind in one or several places: a reflector for each, one store and one queue for all. */
export class FollowedKind {
  readonly kind: ResourceKind;
  readonly queue: WorkQueue;
  readonly #options: FollowedKindOptions;
  readonly #objects = new Map<ObjectKey, KubernetesObject>();
  /** Where we have each object from. */
  readonly #origins = new Map<ObjectKey, Place>();
  readonly #places = new Map<Place, Followed>();
  readonly #settled = new Set<Place>();
  readonly #troubled = new Set<Place>();
  /** Where objects are to come from. While others are still followed, these have the say. */
  #wanted: readonly Place[] = [];

  constructor(options: FollowedKindOptions) {
    const { reconciler, logger } = options;
    this.#options = options;
    this.kind = reconciler.kind;
    this.queue = new WorkQueue({
      process: reconciler.reconcile,
      // Reconcilers wait for the graph, not for the network: one turn's events must make one settle.
      concurrency: Number.MAX_SAFE_INTEGER,
      onError: (key, error, waitMs) =>
        logger.error(
          `${this.kind.kind} ${key} could not be reconciled, again in ${waitMs} ms: ${textOf(error)}`,
          logFields(this.kind, key),
        ),
      ...this.#time(),
    });
  }

  /** The newest copy, if it is taken. */
  object(key: ObjectKey): KubernetesObject | undefined {
    return this.#isTaken(key) ? this.#objects.get(key) : undefined;
  }

  /** Of all that are taken. */
  *keys(): Iterable<ObjectKey> {
    for (const key of this.#objects.keys()) if (this.#isTaken(key)) yield key;
  }

  /** All objects, also those that are not taken. */
  all(): Iterable<KubernetesObject> {
    return this.#objects.values();
  }

  /** Those in which there are objects, taken or not. */
  namespaces(): ReadonlySet<string> {
    return new Set(this.kind.namespaced ? [...this.#objects.keys()].map((key) => nameOf(key).namespace ?? '') : []);
  }

  refetch(key: ObjectKey): void {
    this.#places.get(this.#origins.get(key) ?? WHOLE_CLUSTER)?.reflector.refetch(key);
  }

  wake(): void {
    for (const { reflector } of this.#places.values()) reflector.wake();
  }

  /** Follows these places too, and has its objects from them as they come. */
  follow(places: readonly Place[]): void {
    this.#wanted = places;
    for (const place of places) if (!this.#places.has(place)) this.#places.set(place, this.#start(place));
  }

  /** Follows nothing but these places any more; what came from others is gone. Answers when those have ended. */
  async leaveAllBut(places: readonly Place[]): Promise<void> {
    const left = [...this.#places].filter(([place]) => !places.includes(place));
    for (const [place, { stopping }] of left) {
      stopping.abort();
      this.#places.delete(place);
      this.#settled.delete(place);
      this.drop(place);
      this.#trouble(place, undefined);
    }
    await Promise.all(left.map(([, { run }]) => run));
  }

  isSettled(places: readonly Place[]): boolean {
    return places.every((place) => this.#settled.has(place));
  }

  /** Nothing more is to be expected of a place for now. */
  settle(place: Place): void {
    void this.queue.idle().then(() => {
      if (!this.#places.has(place)) return;
      this.#settled.add(place);
      this.#options.onSettled();
    });
  }

  /** News of an object from a reflector, or from whoever found it out in another way. */
  take(origin: Place, event: ReflectorEvent): void {
    if (event.type === 'put') {
      if (!this.#keep(origin, event.key, event.object)) return;
    } else if (!this.#lose(origin, event.key)) return;
    this.#options.onEvent(event);
    if (this.#isTaken(event.key)) this.queue.add(event.key);
  }

  /** Forgets what is known from there alone. */
  drop(origin: Place): void {
    for (const [key, from] of this.#origins) if (from === origin) this.take(origin, { type: 'delete', key });
  }

  /** Objects of this namespace are taken from now on, or are not any more. */
  reconsider(namespace: string): void {
    const prefix = `${namespace}/`;
    if (!this.kind.namespaced) return;
    for (const key of this.#objects.keys()) if (key.startsWith(prefix)) this.queue.add(key);
  }

  async stop(): Promise<void> {
    this.queue.stop();
    const all = [...this.#places.values()];
    for (const { stopping } of all) stopping.abort();
    await Promise.all([this.queue.idle(), ...all.map(({ run }) => run)]);
  }

  /** Two places may tell of one object while one takes over from the other: the newer word counts. Answers whether it is news. */
  #keep(origin: Place, key: ObjectKey, object: KubernetesObject): boolean {
    const from = this.#origins.get(key);
    if (from === undefined || !this.#wanted.includes(from)) this.#origins.set(key, origin);
    const known = this.#objects.get(key);
    if (known !== undefined && from !== origin && compareVersions(versionOf(object), versionOf(known)) <= 0) return false;
    this.#objects.set(key, known === undefined ? object : sharing(known, object));
    return true;
  }

  #lose(origin: Place, key: ObjectKey): boolean {
    if (this.#origins.get(key) !== origin) return false;
    this.#origins.delete(key);
    this.#objects.delete(key);
    return true;
  }

  #isTaken(key: ObjectKey): boolean {
    const { namespace } = nameOf(key);
    return namespace === undefined || this.#options.takes(namespace);
  }

  #start(place: Place): Followed {
    const { client, reconciler } = this.#options;
    const { project } = reconciler;
    const reflector = new Reflector({
      client,
      kind: this.kind,
      ...(place === WHOLE_CLUSTER ? {} : { scope: { namespace: place } }),
      onEvent: (event) => this.take(place, event),
      onListed: () => this.settle(place),
      onTrouble: (problem) => this.#trouble(place, problem),
      ...(project === undefined ? {} : { project }),
      ...this.#time(),
    });
    const stopping = new AbortController();
    return { reflector, stopping, run: reflector.run(stopping.signal) };
  }

  #trouble(place: Place, problem: WatchProblem | undefined): void {
    if (problem === undefined && !this.#troubled.delete(place)) return;
    if (problem !== undefined) this.#troubled.add(place);
    this.#options.onTrouble(place, problem);
  }

  #time(): { readonly clock?: Clock; readonly random?: () => number } {
    const { clock, random } = this.#options;
    return { ...(clock === undefined ? {} : { clock }), ...(random === undefined ? {} : { random }) };
  }
}

/** The newer copy with the spec of the older one where that is the same: our own status writes come back as new copies, while the graph goes on with the older spec. */
function sharing(known: KubernetesObject, object: KubernetesObject): KubernetesObject {
  return known.spec !== undefined && equal(known.spec, object.spec) ? { ...object, spec: known.spec } : object;
}

const versionOf = (object: KubernetesObject): string => object.metadata.resourceVersion ?? '';

const textOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));
