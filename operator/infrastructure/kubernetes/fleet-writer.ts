import { isDeepStrictEqual } from 'node:util';
import type { KubernetesObject } from '../../../crds/object-meta.ts';
import { applyObject } from '../../cluster/apply.ts';
import type { KubeClient } from '../../cluster/kube-client.ts';
import { KubernetesError, withStatus } from '../../cluster/kubernetes-error.ts';
import { keyOf, type ObjectKey, type ResourceKind } from '../../cluster/resource-kind.ts';
import { isApplied } from './applied-fields.ts';
import { type LiveObject, liveObject } from './live-object.ts';
import type { LiveObjects } from './live-objects.ts';
import { obstacleOf } from './obstacle.ts';
import { objectName, proxyKind, runsProxies } from './proxy-kinds.ts';
import { type Controller, isMadeBy } from './proxy-owner.ts';
import { autoscaled, givesUpReplicas, keepReplicas, releaseReplicas, takesBackReplicas, withoutReplicas } from './replicas-handover.ts';
import { availabilityOf } from './workload.ts';
import { type Attempt, explainWrite, isImmutable, isReplaceable, type WriteProblem } from './write-problem.ts';

/** What a writer does to the cluster. Each throws KubernetesError. */
export type ProxyWrites = Pick<KubeClient, 'get' | 'patch' | 'delete'>;

/** A write that was tried (contract C.14). */
export interface WriteRecord {
  readonly verb: 'apply' | 'delete';
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly seconds: number;
  /** Undefined: it succeeded. */
  readonly error: KubernetesError | undefined;
}

export interface FleetWriterOptions {
  readonly client: ProxyWrites;
  readonly live: LiveObjects;
  /** Who writes. */
  readonly controller: Controller;
  /** Nothing is begun any more once it answers false. */
  readonly mayWrite: () => boolean;
  readonly onWrite: (write: WriteRecord) => void;
}

/** The proxies of one owner as they shall be; no objects: none of them. */
export interface WantedFleet {
  readonly owner: string;
  readonly objects: readonly KubernetesObject[];
}

/** Makes the cluster hold the objects of a fleet and no others of it. What is as it should be is not written. */
export class FleetWriter {
  readonly #options: FleetWriterOptions;
  /** Objects that look different from what we want and still took our apply without a change, by name: what we wanted, and how it looked. */
  readonly #alike = new Map<string, { readonly desired: KubernetesObject; readonly content: string }>();

  constructor(options: FleetWriterOptions) {
    this.#options = options;
  }

  /** Answers what could not be done. One object that fails stops no other, but what takes the place of another has to be there first. */
  async bring({ owner, objects }: WantedFleet): Promise<readonly WriteProblem[]> {
    const problems: WriteProblem[] = [];
    const failed = new Set<string>();
    const scaled = autoscaled(objects);
    for (const object of objects) {
      // Pods would run as somebody else's account, or start with what somebody else wrote.
      if (runsProxies(object) && problems.some(({ foreign }) => foreign)) {
        failed.add(roleOf(object));
        continue;
      }
      const desired = scaled.has(object.metadata.name) && runsProxies(object) ? withoutReplicas(object) : object;
      const problem = await this.#attempt({ verb: 'patch', ...identityOf(desired) }, () => this.#ensure(owner, desired, scaled));
      if (problem === undefined) continue;
      problems.push(problem);
      failed.add(roleOf(object));
    }
    for (const live of this.#obsolete({ owner, objects }, failed)) {
      const problem = await this.#attempt({ verb: 'delete', ...identityOf(live.object) }, () => this.#delete(live));
      if (problem !== undefined) problems.push(problem);
    }
    return problems;
  }

  async #attempt(attempt: Attempt, act: () => Promise<WriteProblem | undefined>): Promise<WriteProblem | undefined> {
    if (!this.#options.mayWrite()) return undefined;
    try {
      return await act();
    } catch (error) {
      if (!this.#options.mayWrite()) return undefined;
      if (error instanceof KubernetesError) return explainWrite(attempt, error);
      throw error;
    }
  }

  async #ensure(owner: string, desired: KubernetesObject, scaled: ReadonlySet<string>): Promise<WriteProblem | undefined> {
    const { kind, key } = identityOf(desired);
    const live = this.#options.live.get(kind, key) ?? (await this.#find(kind, key));
    const obstacle = obstacleOf(owner, desired, live);
    if (obstacle !== undefined) return obstacle;
    if (live === undefined) await this.#apply(desired);
    else if (!isApplied(desired, live) && !this.#looksAlike(desired, live)) await this.#change(desired, live, scaled);
    return undefined;
  }

  async #change(desired: KubernetesObject, live: LiveObject, scaled: ReadonlySet<string>): Promise<void> {
    const { client } = this.#options;
    if (scaled.has(desired.metadata.name) && givesUpReplicas(desired, live)) await keepReplicas(client, live);
    const made = await this.#applyOrReplace(desired, live);
    if (takesBackReplicas(desired, made)) this.#options.live.learn(proxyKind(desired), await releaseReplicas(client, made));
  }

  async #applyOrReplace(desired: KubernetesObject, live: LiveObject): Promise<LiveObject> {
    try {
      return await this.#apply(desired);
    } catch (error) {
      if (!(error instanceof KubernetesError && isImmutable(error) && isReplaceable(proxyKind(desired)))) throw error;
      await this.#delete(live);
      return await this.#apply(desired);
    }
  }

  async #apply(desired: KubernetesObject): Promise<LiveObject> {
    const { kind, key } = identityOf(desired);
    const raw = await this.#recorded('apply', desired, () => applyObject(this.#options.client, kind, desired, { force: true }));
    const live = this.#options.live.learn(kind, raw);
    const id = objectName(kind, key);
    if (isApplied(desired, live)) this.#alike.delete(id);
    else this.#alike.set(id, { desired, content: contentOf(live) });
    return live;
  }

  async #delete({ object }: LiveObject): Promise<undefined> {
    const { kind, key } = identityOf(object);
    const { uid } = object.metadata;
    this.#alike.delete(objectName(kind, key));
    await this.#recorded('delete', object, async () => {
      const only = uid === undefined ? {} : { preconditions: { uid } };
      await this.#options.client.delete(kind, key, { propagationPolicy: 'Background', ...only }).catch((error: unknown) => {
        // Gone already, or another object has its name now: the watch tells.
        if (!withStatus(error, 404, 409)) throw error;
      });
    });
    this.#options.live.learnDeletion(kind, key);
  }

  /** Somebody else's object of that name is in no watch of ours. */
  async #find(kind: ResourceKind, key: ObjectKey): Promise<LiveObject | undefined> {
    const found = await this.#options.client.get(kind, key).catch((error: unknown) => {
      if (withStatus(error, 404)) return undefined;
      throw error;
    });
    return found && liveObject(found);
  }

  #looksAlike(desired: KubernetesObject, live: LiveObject): boolean {
    const known = this.#alike.get(objectName(proxyKind(desired), keyOf(desired.metadata)));
    return known !== undefined && isDeepStrictEqual(known.desired, desired) && known.content === contentOf(live);
  }

  /** What the fleet is no longer made of. Proxies that are replaced by others (a DaemonSet, another name) go when one of those is there. */
  #obsolete({ owner, objects }: WantedFleet, failed: ReadonlySet<string>): readonly LiveObject[] {
    const { live, controller } = this.#options;
    const wanted = new Set(objects.map((object) => objectName(object, keyOf(object.metadata))));
    const successor = objects.find(runsProxies);
    const succeeds = successor === undefined || availabilityOf(live.get(proxyKind(successor), keyOf(successor.metadata))?.object).ready > 0;
    return live.of(owner).filter(({ object }) => {
      if (wanted.has(objectName(object, keyOf(object.metadata))) || object.metadata.deletionTimestamp !== undefined) return false;
      if (failed.has(roleOf(object)) || !isMadeBy(object, controller)) return false;
      if (succeeds) return true;
      // What is elsewhere belongs to the pods there, down to the Service by which they are reached.
      if (object.metadata.namespace !== successor?.metadata.namespace) return runsProxies(object) && availabilityOf(object).ready === 0;
      return !runsProxies(object) || availabilityOf(object).ready === 0;
    });
  }

  async #recorded<T>(verb: WriteRecord['verb'], { kind, metadata }: KubernetesObject, act: () => Promise<T>): Promise<T> {
    const { namespace = '', name } = metadata;
    const begun = performance.now();
    const record = (error?: KubernetesError): void =>
      this.#options.onWrite({ verb, kind, namespace, name, seconds: (performance.now() - begun) / 1000, error });
    try {
      const done = await act();
      record();
      return done;
    } catch (error) {
      if (error instanceof KubernetesError) record(error);
      throw error;
    }
  }
}

const identityOf = (object: KubernetesObject): { readonly kind: ResourceKind; readonly key: ObjectKey } => ({
  kind: proxyKind(object),
  key: keyOf(object.metadata),
});

/** What an object is to its fleet: one of the same role may take its place. */
const roleOf = (object: { readonly kind: string }): string => (runsProxies(object) ? 'proxies' : object.kind);

/** All that a write of ours could have changed. */
const contentOf = ({ object: { status: _, ...object }, owned }: LiveObject): string => {
  const { resourceVersion: __, ...metadata } = object.metadata;
  return JSON.stringify([{ ...object, metadata }, owned]);
};
