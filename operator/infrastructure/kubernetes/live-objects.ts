import type { KubernetesObject } from '../../../crds/object-meta.ts';
import type { Clock } from '../../cluster/clock.ts';
import type { KubeClient } from '../../cluster/kube-client.ts';
import { Reflector, type ReflectorEvent } from '../../cluster/reflector.ts';
import { keyOf, type ObjectKey, type ResourceKind } from '../../cluster/resource-kind.ts';
import { compareVersions } from '../../cluster/seen-versions.ts';
import type { WatchProblem } from '../../cluster/watch-problem.ts';
import { type LiveObject, liveObject } from './live-object.ts';
import { objectName, PROXY_KINDS } from './proxy-kinds.ts';
import { MANAGED_BY, ownerOf } from './proxy-owner.ts';

export interface LiveObjectsOptions {
  readonly client: KubeClient;
  /** Where the proxies run. */
  readonly namespace: string;
  /** Something of these proxies came, changed or went. */
  readonly onChange: (owner: string) => void;
  /** Every kind has been listed, or may not be. */
  readonly onListed: () => void;
  /** A kind cannot be followed (any more), or can again. */
  readonly onTrouble: (kind: ResourceKind, problem: WatchProblem | undefined) => void;
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
  readonly #unlisted = new Set(PROXY_KINDS.map(({ kind }) => kind));
  readonly #problems = new Map<string, WatchProblem>();

  constructor(options: LiveObjectsOptions) {
    this.#options = options;
  }

  /** Follows all kinds until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(PROXY_KINDS.map((kind) => this.#follow(kind).run(signal)));
  }

  /** Until then nothing can be said about what is missing. */
  get listed(): boolean {
    return this.#unlisted.size === 0;
  }

  /** Why a kind cannot be followed. */
  problem({ kind }: { readonly kind: string }): WatchProblem | undefined {
    return this.#problems.get(kind);
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
    if (isNews && ownerOf(raw.metadata.labels) !== undefined && this.#put(id, live)) this.#ahead.add(id);
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

  #follow(kind: ResourceKind): Reflector {
    const { client, namespace, onTrouble, onListed, clock, random } = this.#options;
    const listed = (): void => {
      this.#listed(kind);
      if (!this.listed) return;
      onListed();
    };
    return new Reflector({
      client,
      kind,
      whole: true,
      scope: { namespace, labelSelector: MANAGED_BY },
      onEvent: (event) => this.#take(kind, event),
      onListed: listed,
      onTrouble: (problem) => {
        if (problem === undefined) this.#problems.delete(kind.kind);
        else this.#problems.set(kind.kind, problem);
        onTrouble(kind, problem);
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
  #listed({ kind }: ResourceKind): void {
    this.#unlisted.delete(kind);
    for (const id of this.#ahead) if (id.startsWith(`${kind} `)) this.#remove(id);
  }

  #put(id: string, live: LiveObject): boolean {
    const known = this.#objects.get(id);
    const [next, last] = [live.object.metadata.resourceVersion ?? '', known?.object.metadata.resourceVersion];
    if (last !== undefined && compareVersions(next, last) < 0) return false;
    this.#gone.delete(id);
    this.#disown(id, known);
    this.#objects.set(id, live);
    const owner = ownerOf(live.object.metadata.labels);
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
    const owner = known && ownerOf(known.object.metadata.labels);
    const owned = owner === undefined ? undefined : this.#byOwner.get(owner);
    if (owner === undefined || owned === undefined) return;
    owned.delete(id);
    if (owned.size === 0) this.#byOwner.delete(owner);
  }

  #told(...versions: readonly (LiveObject | undefined)[]): void {
    const owners = new Set(versions.flatMap((live) => (live === undefined ? [] : (ownerOf(live.object.metadata.labels) ?? []))));
    for (const owner of owners) this.#options.onChange(owner);
  }
}
