import type { KubernetesObject } from '../../crds/object-meta.ts';
import { adopt } from '../../crds/validate.ts';
import type { KubeClient } from '../cluster/kube-client.ts';
import { withStatus } from '../cluster/kubernetes-error.ts';
import type { ObjectKey } from '../cluster/resource-kind.ts';
import { compareVersions } from '../cluster/seen-versions.ts';
import type { ControlPlane } from '../control-plane.ts';
import { withoutEcho } from './admit-live.ts';
import { watchedKind } from './watched-kinds.ts';

const SECRET = watchedKind('Secret');

export interface SecretLoaderOptions {
  readonly client: Pick<KubeClient, 'get'>;
  readonly controlPlane: Pick<ControlPlane, 'put' | 'remove'>;
  /** Nobody needs this Secret any more: whoever keeps a copy drops its content. */
  readonly onRelease: (key: ObjectKey) => void;
}

/**
 * Keeps the content of Secrets that Gateways refer to, and of all others nothing but their names: a control plane must not hold what it
 * has no use for. A Gateway enters the graph only when its Secrets are loaded, so that none is served without them for a moment.
 */
export class SecretLoader {
  readonly #options: SecretLoaderOptions;
  /** Who needs which Secret. */
  readonly #users = new Map<ObjectKey, Set<string>>();
  readonly #secretsOf = new Map<string, ReadonlySet<ObjectKey>>();
  /** resourceVersion of what is loaded. */
  readonly #loaded = new Map<ObjectKey, string>();

  constructor(options: SecretLoaderOptions) {
    this.#options = options;
  }

  /** What to keep of a Secret that the watch brings. */
  project(secret: KubernetesObject): KubernetesObject {
    const { namespace = '', name } = secret.metadata;
    if (this.#users.has(`${namespace}/${name}`)) return secret;
    const { apiVersion, kind, metadata } = secret;
    return { apiVersion, kind, metadata };
  }

  /**
   * From now on `user` needs exactly these. Resolves when each of them is loaded or known to be missing; only then, and in the same turn, those
   * go that it needs no more: until then it is served with them. Throws KubernetesError, and keeps both.
   */
  async require(user: string, secrets: ReadonlySet<ObjectKey>): Promise<void> {
    const before = this.#secretsOf.get(user) ?? new Set();
    this.#secretsOf.set(user, new Set([...before, ...secrets]));
    for (const key of secrets) this.#users.set(key, (this.#users.get(key) ?? new Set<string>()).add(user));
    await Promise.all([...secrets].filter((key) => !this.#loaded.has(key)).map((key) => this.#load(key)));
    if (secrets.size === 0) this.#secretsOf.delete(user);
    else this.#secretsOf.set(user, secrets);
    for (const key of before) if (!secrets.has(key)) this.#release(key, user);
  }

  /** The watch brought a Secret, or the news that it is gone. */
  changed(key: ObjectKey, secret: KubernetesObject | undefined): void {
    if (!this.#users.has(key)) return;
    if (secret === undefined) {
      this.#loaded.delete(key);
      this.#options.controlPlane.remove('Secret', key);
    } else if (isWhole(secret)) this.#take(key, secret);
  }

  #release(key: ObjectKey, user: string): void {
    const users = this.#users.get(key);
    users?.delete(user);
    if (users === undefined || users.size > 0) return;
    this.#users.delete(key);
    this.#loaded.delete(key);
    this.#options.controlPlane.remove('Secret', key);
    this.#options.onRelease(key);
  }

  async #load(key: ObjectKey): Promise<void> {
    try {
      this.#take(key, await this.#options.client.get(SECRET, key));
    } catch (error) {
      if (withStatus(error, 404, 403) === undefined) throw error;
    }
  }

  /** The answer to a request may be older than what the watch brought meanwhile. */
  #take(key: ObjectKey, secret: KubernetesObject): void {
    const version = secret.metadata.resourceVersion ?? '';
    const loaded = this.#loaded.get(key);
    if (!this.#users.has(key) || (loaded !== undefined && compareVersions(version, loaded) <= 0)) return;
    this.#loaded.set(key, version);
    const known = adopt(secret);
    if (known !== undefined) this.#options.controlPlane.put(withoutEcho(known));
  }
}

/** Kept whole by `project`, not its name alone. A Secret without data has no `type` only in a projection. */
const isWhole = (secret: KubernetesObject): boolean => 'type' in secret || 'data' in secret;
