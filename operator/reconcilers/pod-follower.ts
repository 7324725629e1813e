import type { KubernetesObject } from '../../crds/object-meta.ts';
import { outdatedIn, unreadableIn } from '../../translators/gateway-api/unreadable.ts';
import type { Clock } from '../cluster/clock.ts';
import type { KubeClient } from '../cluster/kube-client.ts';
import { Reflector, type ReflectorEvent } from '../cluster/reflector.ts';
import { nameOf, type ObjectKey } from '../cluster/resource-kind.ts';
import { lackOfRights, type WatchProblem } from '../cluster/watch-problem.ts';
import type { ComponentLogger, ControlPlane } from '../control-plane.ts';
import { fieldsOf, objectsIn } from '../infrastructure/kubernetes/json-fields.ts';
import { watchedKind } from './watched-kinds.ts';

export interface PodFollowerOptions {
  readonly client: KubeClient;
  readonly controlPlane: Pick<ControlPlane, 'put' | 'remove' | 'unreadable'>;
  readonly logger: Pick<ComponentLogger, 'info' | 'warn'>;
  readonly clock?: Clock;
  /** Answers numbers in [0, 1). */
  readonly random?: () => number;
}

interface Followed {
  /** Keys of XBackends that select Pods there. */
  readonly users: Set<ObjectKey>;
  readonly pods: Set<ObjectKey>;
  /** All Pods are in, or may not be read. */
  readonly known: PromiseWithResolvers<void>;
  readonly stopping: AbortController;
  isListed: boolean;
  problem: WatchProblem | undefined;
}

const POD = watchedKind('Pod');

/**
 * Follows the Pods of those namespaces in which XBackends select some, and of no others. Who selects enters the graph only when its Pods are known, so
 * that no cluster is without endpoints for a moment. Where they may not be read, nobody waits: the graph is told why.
 */
export class PodFollower {
  readonly #options: PodFollowerOptions;
  readonly #namespaces = new Map<string, Followed>();
  readonly #runs = new Set<Promise<void>>();

  constructor(options: PodFollowerOptions) {
    this.#options = options;
  }

  /** What is wrong where. */
  get problems(): readonly WatchProblem[] {
    return [...this.#namespaces.values()].flatMap(({ problem }) => problem ?? []);
  }

  /** An XBackend selects Pods. Resolves when those of its namespace are in, or may not be read. */
  async follow(user: ObjectKey): Promise<void> {
    const namespace = namespaceOf(user);
    const followed = this.#namespaces.get(namespace) ?? this.#start(namespace);
    followed.users.add(user);
    await followed.known.promise;
  }

  /** It does not (any more). With the last one of a namespace its Pods go. */
  leave(user: ObjectKey): void {
    const namespace = namespaceOf(user);
    const followed = this.#namespaces.get(namespace);
    if (followed?.users.delete(user) !== true || followed.users.size > 0) return;
    this.#namespaces.delete(namespace);
    followed.stopping.abort();
    for (const key of followed.pods) this.#options.controlPlane.remove(POD.kind, key);
    this.#readable(namespace);
  }

  /** Resolves when nothing is followed any more. Who waits for Pods waits no longer. */
  async stop(): Promise<void> {
    for (const { stopping, known } of this.#namespaces.values()) {
      stopping.abort();
      known.resolve();
    }
    await Promise.all(this.#runs);
  }

  #start(namespace: string): Followed {
    const { client, clock, random } = this.#options;
    const followed: Followed = {
      users: new Set(),
      pods: new Set(),
      known: Promise.withResolvers(),
      stopping: new AbortController(),
      isListed: false,
      problem: undefined,
    };
    this.#namespaces.set(namespace, followed);
    const { signal } = followed.stopping;
    const current = (act: () => void): void => {
      if (!signal.aborted) act();
    };
    const reflector = new Reflector({
      client,
      kind: POD,
      scope: { namespace },
      project: selectable,
      onEvent: (event) => current(() => this.#take(followed, event)),
      onListed: () => current(() => this.#listed(followed)),
      onTrouble: (problem) => current(() => this.#trouble(namespace, followed, problem)),
      ...(clock === undefined ? {} : { clock }),
      ...(random === undefined ? {} : { random }),
    });
    const run = reflector.run(signal).then(() => void this.#runs.delete(run));
    this.#runs.add(run);
    return followed;
  }

  #take({ pods }: Followed, event: ReflectorEvent): void {
    const { controlPlane } = this.#options;
    if (event.type === 'put') {
      pods.add(event.key);
      controlPlane.put(event.object);
    } else if (pods.delete(event.key)) controlPlane.remove(POD.kind, event.key);
  }

  #listed(followed: Followed): void {
    followed.isListed = true;
    followed.known.resolve();
  }

  /** What was read once goes on to count: Pods that serve do not stop because a role did. */
  #trouble(namespace: string, followed: Followed, problem: WatchProblem | undefined): void {
    const { controlPlane, logger } = this.#options;
    const fields = { kind: POD.kind, namespace };
    followed.problem = problem;
    if (problem === undefined) {
      logger.info(`Pods of ${namespace} are followed again.`, fields);
      this.#readable(namespace);
      return;
    }
    logger.warn(problem.message, fields);
    if (problem.reason !== 'Forbidden') return;
    const place = followed.isListed ? outdatedIn(POD.kind, namespace) : unreadableIn(POD.kind, namespace);
    controlPlane.unreadable(place, lackOfRights(POD, namespace));
    followed.known.resolve();
  }

  #readable(namespace: string): void {
    for (const place of [unreadableIn, outdatedIn]) this.#options.controlPlane.unreadable(place(POD.kind, namespace), undefined);
  }
}

const namespaceOf = (user: ObjectKey): string => nameOf(user).namespace ?? '';

/** What tells whether a Pod is an endpoint: of all that a kubelet writes, most is none of our business. */
function selectable({ apiVersion, kind, metadata, status }: KubernetesObject): KubernetesObject {
  const { name, namespace, labels, deletionTimestamp } = metadata;
  const { phase, podIP, conditions } = fieldsOf(status);
  const ready = objectsIn(conditions).filter(({ type }) => type === 'Ready');
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined ? {} : { labels }),
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    },
    status: {
      ...(phase === undefined ? {} : { phase }),
      ...(podIP === undefined ? {} : { podIP }),
      conditions: ready.map((condition) => ({ type: condition['type'], status: condition['status'] })),
    },
  };
}
