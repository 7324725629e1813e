import type { KubernetesObject } from '../../crds/object-meta.ts';
import { type Clock, sleep } from './clock.ts';
import type { KubeClient } from './kube-client.ts';
import { type KubernetesError, withStatus } from './kubernetes-error.ts';
import type { ReflectorEvent } from './reflector.ts';
import type { ResourceKind } from './resource-kind.ts';

/** Labels of a namespace that is read so are known within this time, in milliseconds. */
const PERIOD_MS = 60_000;

export interface NamespaceReaderOptions {
  readonly client: Pick<KubeClient, 'get'>;
  readonly kind: ResourceKind;
  readonly clock: Clock;
  readonly onEvent: (event: ReflectorEvent) => void;
  /** Whether a namespace is known already, from when it could be read. */
  readonly isKnown: (name: string) => boolean;
  /** Of a namespace nothing but the name is known, or (undefined) more again. */
  readonly onTrouble: (name: string, error: KubernetesError | undefined) => void;
}

/**
 * Reads namespaces one by one, again and again, where we may not list and watch them: a Role in a namespace may allow to get it. Where it does
 * not, the one label that Kubernetes itself puts on each namespace is told.
 */
export class NamespaceReader {
  readonly #options: NamespaceReaderOptions;
  readonly #versions = new Map<string, string>();
  readonly #bares = new Set<string>();
  #stopping = new AbortController();

  constructor(options: NamespaceReaderOptions) {
    this.#options = options;
  }

  /** Reads these from now on, and no others. `onRound` is told of each round that has read what it can. */
  start(namespaces: readonly string[], onRound: () => void): void {
    this.stop();
    this.#stopping = new AbortController();
    void this.#run(namespaces, this.#stopping.signal, onRound);
  }

  stop(): void {
    this.#stopping.abort();
    this.#versions.clear();
    for (const name of this.#bares) this.#known(name);
  }

  async #run(namespaces: readonly string[], signal: AbortSignal, onRound: () => void): Promise<void> {
    while (!signal.aborted) {
      for (const name of namespaces) await this.#read(name, signal);
      if (signal.aborted) return;
      onRound();
      await sleep(this.#options.clock, PERIOD_MS, signal);
    }
  }

  async #read(name: string, signal: AbortSignal): Promise<void> {
    const { client, kind } = this.#options;
    try {
      const object = await client.get(kind, name, signal);
      if (signal.aborted) return;
      this.#known(name);
      this.#put(name, object);
    } catch (error) {
      if (signal.aborted) return;
      if (withStatus(error, 404) !== undefined) this.#gone(name);
      const forbidden = withStatus(error, 403);
      if (forbidden !== undefined && !this.#options.isKnown(name)) this.#bare(name, forbidden);
      // What else goes wrong on the way is tried again in the next round.
    }
  }

  #put(name: string, object: KubernetesObject): void {
    const version = object.metadata.resourceVersion ?? '';
    if (this.#versions.get(name) === version) return;
    this.#versions.set(name, version);
    this.#options.onEvent({ type: 'put', key: name, object });
  }

  #gone(name: string): void {
    this.#versions.delete(name);
    this.#options.onEvent({ type: 'delete', key: name });
  }

  #known(name: string): void {
    if (this.#bares.delete(name)) this.#options.onTrouble(name, undefined);
  }

  #bare(name: string, error: KubernetesError): void {
    this.#bares.add(name);
    const metadata = { name, labels: { 'kubernetes.io/metadata.name': name } };
    this.#options.onEvent({ type: 'put', key: name, object: { apiVersion: 'v1', kind: 'Namespace', metadata } });
    this.#options.onTrouble(name, error);
  }
}
