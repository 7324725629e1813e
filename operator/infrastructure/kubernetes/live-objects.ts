import type { KubernetesObject } from '../../../crds/object-meta.ts';
import type { Clock } from '../../cluster/clock.ts';
import type { KubeClient } from '../../cluster/kube-client.ts';
import { Reflector, type ReflectorEvent } from '../../cluster/reflector.ts';
import { keyOf, type ObjectKey, type ResourceKind } from '../../cluster/resource-kind.ts';
import { compareVersions } from '../../cluster/seen-versions.ts';
import type { WatchProblem } from '../../cluster/watch-problem.ts';
import { type Place, WHOLE_CLUSTER } from '../../watch-scope.ts';
import { type LiveObject, liveObject } from './live-object.ts';
import { objectName, PROXY_KINDS } from './proxy-kinds.ts';
import { liesWithOwner, MANAGED_BY, ownerOf } from './proxy-owner.ts';

export interface LiveObjectsOptions {
  readonly client: KubeClient;
  /** The controller's namespace. */
  readonly home: string;
  /** Where there may be proxies. */
  readonly places: readonly Place[];
  /** Something of these proxies came, changed or went. */
  readonly onChange: (owner: string) => void;
  /** Every kind has been listed everywhere, or may not be. */
  readonly onListed: () => void;
  /** A kind cannot be followed (any more), or can again. */
  readonly onTrouble: (kind: ResourceKind, place: Place, problem: WatchProblem | undefined) => void;
  readonly clock?: Clock;
  readonly random?: () => number;
}

/** The objects of all proxies as they are in the cluster, found by name and by owner. What we wrote ourselves is known before its watch event. */
export class LiveObjects {
  readonly #options: LiveObjectsOptions;
  readonly #objects = new Map<string, LiveObject>();
  readonly #byOwner = new Map<string, Set<string>>();
  /** What the API server answered to our writes and no watch has told yet. */
  readonly #ahead = new Set<string>();
  /** What we deleted and no watch has told yet. */
  readonly #gone = new Set<string>();
  readonly #unlisted: Set<string>;
  readonly #problems = new Map<string, WatchProblem>();

  constructor(options: LiveObjectsOptions) {
    this.#options = options;
    this.#unlisted = new Set(options.places.flatMap((place) => PROXY_KINDS.map((kind) => listOf(kind, place))));
  }

  /** Follows all kinds until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { places } = this.#options;
    await Promise.all(places.flatMap((place) => PROXY_KINDS.map((kind) => this.#follow(kind, place).run(signal))));
  }

  /** Until then nothing can be said about what is missing. */
  get listed(): boolean {
    return this.#unlisted.size === 0;
  }

  /** Why objects of this kind cannot be followed where this one is. */
  problem({ kind, metadata: { namespace = '' } }: KubernetesObject): WatchProblem | undefined {
    return this.#problems.get(listOf({ kind }, namespace)) ?? this.#problems.get(listOf({ kind }, WHOLE_CLUSTER));
  }

  get(kind: ResourceKind, key: ObjectKey): LiveObject | undefined {
    return this.#known(objectName(kind, key));
  }

  /** Everything that carries the labels of these proxies. */
  of(owner: string): readonly LiveObject[] {
    return [...(this.#byOwner.get(owner) ?? [])].flatMap((id) => this.#known(id) ?? []);
  }

  owners(): Iterable<string> {
    return this.#byOwner.keys();
  }

  /** Takes in what the API server answered to a write. */
  learn(kind: ResourceKind, raw: KubernetesObject): LiveObject {
    const live = liveObject(raw);
    const id = objectName(kind, keyOf(raw.metadata));
    const known = this.#objects.get(id)?.object.metadata.resourceVersion;
    const isNews = known === undefined || compareVersions(raw.metadata.resourceVersion ?? '', known) > 0;
    // Without our labels the watch will never tell of it.
    if (isNews && this.#ownerOf(raw) !== undefined && this.#put(id, live)) this.#ahead.add(id);
    return live;
  }

  /** Takes in that the API server accepted its deletion. */
  learnDeletion(kind: ResourceKind, key: ObjectKey): void {
    const id = objectName(kind, key);
    if (this.#objects.has(id)) this.#gone.add(id);
  }

  #known(id: string): LiveObject | undefined {
    return this.#gone.has(id) ? undefined : this.#objects.get(id);
  }

  #follow(kind: ResourceKind, place: Place): Reflector {
    const { client, onTrouble, onListed, clock, random } = this.#options;
    const listed = (): void => {
      this.#listed(kind, place);
      if (!this.listed) return;
      onListed();
    };
    return new Reflector({
      client,
      kind,
      whole: true,
      scope: { ...(place === WHOLE_CLUSTER ? {} : { namespace: place }), labelSelector: MANAGED_BY },
      onEvent: (event) => this.#take(kind, event),
      onListed: listed,
      onTrouble: (problem) => {
        if (problem === undefined) this.#problems.delete(listOf(kind, place));
        else this.#problems.set(listOf(kind, place), problem);
        onTrouble(kind, place, problem);
        // What may not be listed is looked at one by one.
        if (problem?.reason === 'Forbidden') listed();
      },
      ...(clock === undefined ? {} : { clock }),
      ...(random === undefined ? {} : { random }),
    });
  }

  #take(kind: ResourceKind, event: ReflectorEvent): void {
    const id = objectName(kind, event.key);
    if (event.type === 'delete') this.#remove(id);
    else if (this.#put(id, liveObject(event.object))) this.#ahead.delete(id);
  }

  /** A write that no list shows was undone before anybody saw it. */
  #listed(kind: ResourceKind, place: Place): void {
    this.#unlisted.delete(listOf(kind, place));
    for (const id of this.#ahead) if (id.startsWith(listOf(kind, place))) this.#remove(id);
  }

  #put(id: string, live: LiveObject): boolean {
    const known = this.#objects.get(id);
    const [next, last] = [live.object.metadata.resourceVersion ?? '', known?.object.metadata.resourceVersion];
    if (last !== undefined && compareVersions(next, last) < 0) return false;
    this.#gone.delete(id);
    this.#disown(id, known);
    this.#objects.set(id, live);
    const owner = this.#ownerOf(live.object);
    if (owner !== undefined) {
      const owned = this.#byOwner.get(owner) ?? new Set();
      this.#byOwner.set(owner, owned.add(id));
    }
    this.#told(known, live);
    return true;
  }

  #remove(id: string): void {
    const known = this.#objects.get(id);
    this.#ahead.delete(id);
    this.#gone.delete(id);
    this.#disown(id, known);
    this.#objects.delete(id);
    this.#told(known);
  }

  #disown(id: string, known: LiveObject | undefined): void {
    const owner = known && this.#ownerOf(known.object);
    const owned = owner === undefined ? undefined : this.#byOwner.get(owner);
    if (owner === undefined || owned === undefined) return;
    owned.delete(id);
    if (owned.size === 0) this.#byOwner.delete(owner);
  }

  #told(...versions: readonly (LiveObject | undefined)[]): void {
    const owners = new Set(versions.flatMap((live) => (live === undefined ? [] : (this.#ownerOf(live.object) ?? []))));
    for (const owner of owners) this.#options.onChange(owner);
  }

  /** What lies where only another controller puts it is nobody's. */
  #ownerOf({ metadata }: KubernetesObject): string | undefined {
    const owner = ownerOf(metadata.labels);
    return owner !== undefined && liesWithOwner(owner, metadata.namespace, this.#options.home) ? owner : undefined;
  }
}

/** What the names of all objects of a kind in a place begin with. */
const listOf = ({ kind }: { readonly kind: string }, place: Place): string => `${kind} ${place === WHOLE_CLUSTER ? '' : `${place}/`}`;
