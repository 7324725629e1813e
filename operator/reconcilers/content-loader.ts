import type { KubernetesObject } from '../../crds/object-meta.ts';
import { adopt } from '../../crds/validate.ts';
import type { KubeClient } from '../cluster/kube-client.ts';
import { withStatus } from '../cluster/kubernetes-error.ts';
import type { ObjectKey } from '../cluster/resource-kind.ts';
import { compareVersions } from '../cluster/seen-versions.ts';
import type { ControlPlane } from '../control-plane.ts';
import { withoutEcho } from './admit-live.ts';
import { watchedKind } from './watched-kinds.ts';

/** Kinds that hold what is large or secret, and of which few objects concern us. */
export const CONTENT_KINDS = ['ConfigMap', 'Secret'] as const;
export type ContentKind = (typeof CONTENT_KINDS)[number];

/** An object whose content something needs. */
export type ContentRef = `${ContentKind} ${string}/${string}`;

export interface ContentLoaderOptions {
  readonly client: Pick<KubeClient, 'get'>;
  readonly controlPlane: Pick<ControlPlane, 'put' | 'remove'>;
  /** Nobody needs this object any more: whoever keeps a copy drops its content. */
  readonly onRelease: (kind: ContentKind, key: ObjectKey) => void;
}

/**
 * Keeps the content of Secrets and ConfigMaps that Gateways and policies refer to, and of all others nothing but their names: a control plane must
 * not hold what it has no use for. Who refers to some enters the graph only when they are loaded, so that it is not served without them for a moment.
 */
export class ContentLoader {
  readonly #options: ContentLoaderOptions;
  /** Who needs which object. */
  readonly #users = new Map<ContentRef, Set<string>>();
  readonly #contentsOf = new Map<string, ReadonlySet<ContentRef>>();
  /** resourceVersion of what is loaded. */
  readonly #loaded = new Map<ContentRef, string>();

  constructor(options: ContentLoaderOptions) {
    this.#options = options;
  }

  /** What to keep of an object that the watch brings. */
  project(object: KubernetesObject): KubernetesObject {
    const { apiVersion, kind, metadata } = object;
    if (!this.#users.has(`${kind as ContentKind} ${metadata.namespace ?? ''}/${metadata.name}`)) return { apiVersion, kind, metadata };
    return 'data' in object ? object : { ...object, ...NO_DATA };
  }

  /**
   * From now on `user` needs exactly these. Resolves when each of them is loaded or known to be missing; only then, and in the same turn, those
   * go that it needs no more: until then it is served with them. Throws KubernetesError, and keeps both.
   */
  async require(user: string, contents: ReadonlySet<ContentRef>): Promise<void> {
    const before = this.#contentsOf.get(user) ?? new Set();
    this.#contentsOf.set(user, new Set([...before, ...contents]));
    for (const ref of contents) this.#users.set(ref, (this.#users.get(ref) ?? new Set<string>()).add(user));
    await Promise.all([...contents].filter((ref) => !this.#loaded.has(ref)).map((ref) => this.#load(ref)));
    if (contents.size === 0) this.#contentsOf.delete(user);
    else this.#contentsOf.set(user, contents);
    for (const ref of before) if (!contents.has(ref)) this.#release(ref, user);
  }

  /** The watch brought an object, or the news that it is gone. */
  changed(kind: ContentKind, key: ObjectKey, object: KubernetesObject | undefined): void {
    const ref = refTo(kind, key);
    if (!this.#users.has(ref)) return;
    if (object === undefined) {
      this.#loaded.delete(ref);
      this.#options.controlPlane.remove(kind, key);
    } else if (isWhole(object)) this.#take(ref, object);
  }

  #release(ref: ContentRef, user: string): void {
    const users = this.#users.get(ref);
    users?.delete(user);
    if (users === undefined || users.size > 0) return;
    const { kind, key } = partsOf(ref);
    this.#users.delete(ref);
    this.#loaded.delete(ref);
    this.#options.controlPlane.remove(kind, key);
    this.#options.onRelease(kind, key);
  }

  async #load(ref: ContentRef): Promise<void> {
    const { kind, key } = partsOf(ref);
    try {
      this.#take(ref, await this.#options.client.get(watchedKind(kind), key));
    } catch (error) {
      if (withStatus(error, 404, 403) === undefined) throw error;
    }
  }

  /** The answer to a request may be older than what the watch brought meanwhile. */
  #take(ref: ContentRef, object: KubernetesObject): void {
    const version = object.metadata.resourceVersion ?? '';
    const loaded = this.#loaded.get(ref);
    if (!this.#users.has(ref) || (loaded !== undefined && compareVersions(version, loaded) <= 0)) return;
    this.#loaded.set(ref, version);
    const known = adopt(object);
    if (known !== undefined) this.#options.controlPlane.put(withoutEcho(known));
  }
}

// A key of a namespaced kind has a slash.
export const refTo = (kind: ContentKind, key: ObjectKey): ContentRef => `${kind} ${key}` as ContentRef;

// Made by `refTo` or written likewise: a kind, a space, a key.
const partsOf = (ref: ContentRef): { readonly kind: ContentKind; readonly key: ObjectKey } => {
  const cut = ref.indexOf(' ');
  return { kind: ref.slice(0, cut) as ContentKind, key: ref.slice(cut + 1) };
};

const NO_DATA = { data: {} };

/** Kept whole by `project`, not its name alone. */
const isWhole = (object: KubernetesObject): boolean => 'data' in object;
