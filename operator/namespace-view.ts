import { matchesLabels } from '../translators/gateway-api/label-selector.ts';
import { type Clock, systemClock } from './cluster/clock.ts';
import type { KubeClient } from './cluster/kube-client.ts';
import type { KubernetesError } from './cluster/kubernetes-error.ts';
import { NamespaceReader } from './cluster/namespace-reader.ts';
import type { ReflectorEvent } from './cluster/reflector.ts';
import { type ResourceKind, resourceName } from './cluster/resource-kind.ts';
import type { WatchProblem } from './cluster/watch-problem.ts';
import type { FollowedKind } from './followed-kind.ts';
import { placesOf, type WatchScope, WHOLE_CLUSTER } from './watch-scope.ts';

export interface NamespaceViewOptions {
  readonly client: KubeClient;
  readonly logger: { info(message: string): unknown };
  readonly scope: WatchScope;
  readonly clock?: Clock;
  /** How long objects that cannot be reconciled hold `onReady` up, in milliseconds. */
  readonly patienceMs: number;
  readonly onTrouble: (kind: ResourceKind, problem: WatchProblem | undefined, namespace: string) => void;
  /** All that is there is known and reconciled. */
  readonly onReady: () => void;
}

/** Where namespaces come from that are read one by one: whoever lists them takes over. */
const ONE_BY_ONE = 'one by one';

/**
 * Which namespaces objects are taken from at the moment. Another scope holds from when all kinds are known in it, and then at once: never is a
 * part of a namespace seen, and never does one that is in both scopes flicker.
 */
export class NamespaceView {
  readonly #options: NamespaceViewOptions;
  #started = false;
  #kinds: readonly FollowedKind[] = [];
  #namespaces: FollowedKind | undefined;
  #scope: WatchScope;
  /** What is to hold as soon as all of it is known. */
  #next: WatchScope | undefined;
  #reader: NamespaceReader | undefined;
  /** Namespaces whose labels match, where labels decide. */
  readonly #selected = new Set<string>();
  #namespacesForbidden = false;
  readonly #leaving = new Set<Promise<void>>();

  constructor(options: NamespaceViewOptions) {
    this.#options = options;
    this.#scope = options.scope;
  }

  start(kinds: readonly FollowedKind[]): void {
    this.#started = true;
    this.#kinds = kinds;
    this.#namespaces = kinds.find(({ kind }) => resourceName(kind) === 'namespaces');
    this.rescope(this.#scope);
  }

  rescope(scope: WatchScope): void {
    if (!this.#started) {
      this.#scope = scope;
      return;
    }
    this.#next = scope;
    for (const followed of this.#kinds) followed.follow(placesOf(scope, followed.kind));
    this.#readOneByOne();
    this.advance();
  }

  takes(namespace: string): boolean {
    const scope = this.#scope;
    switch (scope.type) {
      case 'All':
        return true;
      case 'Namespaces':
        return scope.namespaces.includes(namespace);
      case 'NamespaceSelector':
        return namespace === scope.always || this.#selected.has(namespace);
    }
  }

  /** Labels of a namespace may have changed. */
  event(kind: ResourceKind, event: ReflectorEvent): void {
    const scope = this.#scope;
    if (kind !== this.#namespaces?.kind || scope.type !== 'NamespaceSelector') return;
    const matches = event.type === 'put' && matchesLabels(scope.selector, event.object.metadata.labels ?? {});
    if (matches === this.#selected.has(event.key)) return;
    if (matches) this.#selected.add(event.key);
    else this.#selected.delete(event.key);
    this.#reconsider([event.key]);
  }

  /** What may not be read is not waited for, with the exception of labels that decide what is read. */
  trouble(kind: ResourceKind, namespace: string | undefined, problem: WatchProblem | undefined): void {
    const isForbidden = problem?.reason === 'Forbidden';
    if (kind !== this.#namespaces?.kind) {
      if (isForbidden) this.#kinds.find((followed) => followed.kind === kind)?.settle(namespace ?? WHOLE_CLUSTER);
    } else if (namespace === undefined && isForbidden !== this.#namespacesForbidden) {
      this.#namespacesForbidden = isForbidden;
      this.#readOneByOne();
    }
  }

  /** Lets the next scope hold if all of it is known. */
  advance(): void {
    const next = this.#next;
    if (next === undefined || !this.#isKnown(next)) return;
    const namespaces = new Set(this.#kinds.flatMap((followed) => [...followed.namespaces()]));
    const before = new Set([...namespaces].filter((namespace) => this.takes(namespace)));
    this.#next = undefined;
    this.#scope = next;
    this.#selectAnew();
    this.#reconsider([...namespaces].filter((namespace) => this.takes(namespace) !== before.has(namespace)));
    for (const followed of this.#kinds) this.#leave(followed.leaveAllBut(placesOf(next, followed.kind)));
    void Promise.all(this.#kinds.map(({ queue }) => queue.worked(this.#options.patienceMs))).then(() => this.#options.onReady());
  }

  async stop(): Promise<void> {
    this.#next = undefined;
    this.#reader?.stop();
    await Promise.all(this.#leaving);
  }

  #isKnown(scope: WatchScope): boolean {
    // Without their labels nobody knows which namespaces are meant, and to take none would take down what runs.
    if (scope.type === 'NamespaceSelector' && this.#namespacesForbidden) return false;
    return this.#kinds.every((followed) => followed.isSettled(placesOf(scope, followed.kind)));
  }

  #selectAnew(): void {
    this.#selected.clear();
    const scope = this.#scope;
    if (scope.type !== 'NamespaceSelector') return;
    for (const { metadata } of this.#namespaces?.all() ?? [])
      if (matchesLabels(scope.selector, metadata.labels ?? {})) this.#selected.add(metadata.name);
  }

  #reconsider(namespaces: readonly string[]): void {
    for (const namespace of namespaces) for (const followed of this.#kinds) followed.reconsider(namespace);
  }

  #leave(leaving: Promise<void>): void {
    this.#leaving.add(leaving);
    void leaving.then(() => this.#leaving.delete(leaving));
  }

  /** Namespaces that are named may be got one by one where they may not be listed. */
  #readOneByOne(): void {
    const namespaces = this.#namespaces;
    if (namespaces === undefined) return;
    const scope = this.#next ?? this.#scope;
    const isNeeded = this.#namespacesForbidden && scope.type === 'Namespaces';
    if (isNeeded) {
      this.#reader ??= this.#readerOf(namespaces);
      this.#reader.start(scope.namespaces, () => namespaces.settle(WHOLE_CLUSTER));
      return;
    }
    this.#reader?.stop();
    if (this.#namespacesForbidden) namespaces.settle(WHOLE_CLUSTER);
    else namespaces.drop(ONE_BY_ONE);
  }

  #readerOf(namespaces: FollowedKind): NamespaceReader {
    const { client, logger, clock = systemClock, onTrouble } = this.#options;
    const { kind } = namespaces;
    logger.info('Namespaces may not be listed: those that are watched are read one by one, once a minute.');
    return new NamespaceReader({
      client,
      kind,
      clock,
      onEvent: (event) => namespaces.take(ONE_BY_ONE, event),
      isKnown: (name) => namespaces.object(name) !== undefined,
      onTrouble: (name, error) => onTrouble(kind, error === undefined ? undefined : labelsUnknown(kind, name, error), name),
    });
  }
}

const labelsUnknown = (kind: ResourceKind, name: string, { message }: KubernetesError): WatchProblem => ({
  kind,
  reason: 'Forbidden',
  message: `The labels of namespace ${name} cannot be read, so that selectors over labels take nothing of it. Grant the verb get on namespaces in namespace ${name} to the operator's service account. ${message}`,
});
