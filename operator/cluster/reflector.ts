import type { KubernetesObject } from '../../crds/object-meta.ts';
import { Backoff } from './backoff.ts';
import { type Clock, sleep, systemClock } from './clock.ts';
import type { KubeClient } from './kube-client.ts';
import { KubernetesError, withStatus } from './kubernetes-error.ts';
import { keyOf, type ObjectKey, type ResourceKind } from './resource-kind.ts';
import { SeenVersions } from './seen-versions.ts';
import { stripped } from './stripped.ts';
import { type WatchEvent, watchEvents } from './watch-events.ts';
import { explain, type WatchProblem } from './watch-problem.ts';
import { WorkQueue } from './work-queue.ts';

/** What became of one object. A put is news: the same version is never told twice, unless it was asked for by `refetch`. */
export type ReflectorEvent =
  | { readonly type: 'put'; readonly key: ObjectKey; readonly object: KubernetesObject }
  | { readonly type: 'delete'; readonly key: ObjectKey };

export interface ReflectorOptions {
  readonly client: KubeClient;
  readonly kind: ResourceKind;
  /** Which of them; default: all in the cluster. */
  readonly scope?: { readonly namespace?: string; readonly labelSelector?: string; readonly fieldSelector?: string };
  /** Ask for metadata alone: for kinds of large objects of which only the names matter. */
  readonly metadataOnly?: boolean;
  /** Tell objects as the server sends them, with their managed fields: for who writes them too. */
  readonly whole?: boolean;
  /** What to keep of an object, before it is told. Managed fields and the last-applied annotation are gone already, but for `whole`. */
  readonly project?: (object: KubernetesObject) => KubernetesObject;
  readonly onEvent: (event: ReflectorEvent) => void;
  /** All that is there has been told, and what went away too. Again after every further list. A kind that the server does not know counts as listed. */
  readonly onListed: () => void;
  /** Why nothing new is known of this kind at the moment; undefined: all is well again. Only when it changes. */
  readonly onTrouble: (problem: WatchProblem | undefined) => void;
  readonly clock?: Clock;
  /** Answers numbers in [0, 1). */
  readonly random?: () => number;
  /** Milliseconds of silence after which a connection counts as dead. Default: 150 s, a little longer than a quiet API server ever is. */
  readonly stallMs?: number;
}

const PAGE = 500;
/** On a quiet kind the first bookmark comes after 120 s, then one a minute (measured, 1.36). A peer that is gone is noticed by TCP keep-alive in less. */
const STALL_MS = 150_000;
/** A watch that ends sooner than this without having brought anything is a failure, else an eager server would be asked without pause. */
const SHORT_MS = 1_000;
/** Objects that are known are believed to be gone only when the server denies their kind so often in a row. */
const DENIALS = 3;

/** Follows all objects of one kind for as long as the process lives: lists, watches, and finds its way back after whatever goes wrong. */
export class Reflector {
  readonly kind: ResourceKind;
  readonly #options: ReflectorOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #seen = new SeenVersions();
  readonly #backoff: Backoff;
  readonly #refetches: WorkQueue;
  /** Where to go on; empty: all has to be listed. */
  #version = '';
  /** Whether the server streams lists; false once it refused to. */
  #streams = true;
  #denials = 0;
  #problem: WatchProblem | undefined;
  #wake = new AbortController();

  constructor(options: ReflectorOptions) {
    this.kind = options.kind;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#backoff = new Backoff(this.#random);
    this.#refetches = new WorkQueue({
      process: (key) => this.#refetch(key),
      concurrency: 4,
      // A kind that cannot be read is reported by its watch; the key comes back by itself.
      onError: () => undefined,
      clock: this.#clock,
      random: this.#random,
    });
  }

  /** Ends when the signal is aborted. Never rejects, but for what the callbacks throw. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const waitMs = await this.#round(signal);
      if (waitMs > 0) await this.#pause(waitMs, signal);
    }
    this.#refetches.stop();
  }

  /** Tries now what would be tried later: somebody knows that things have changed (a CRD was created). */
  wake(): void {
    this.#backoff.reset();
    this.#wake.abort();
  }

  /** Gets one object again because `project` now keeps another part of it. Told as a put; nothing is told of objects that are not there. */
  refetch(key: ObjectKey): void {
    if (this.#seen.has(key)) this.#refetches.add(key);
  }

  /** One list and watch, or one further watch. Answers how long to wait before the next. */
  async #round(signal: AbortSignal): Promise<number> {
    const started = this.#clock.now();
    const before = this.#version;
    try {
      if (this.#version === '' && !this.#streams) await this.#list(signal);
      await this.#watch(signal);
    } catch (error) {
      if (signal.aborted) return 0;
      if (error instanceof KubernetesError) return this.#failed(error);
      throw error;
    }
    const fruitless = this.#version === before && this.#clock.now() - started < SHORT_MS;
    return fruitless ? this.#backoff.next() : 0;
  }

  async #list(signal: AbortSignal): Promise<void> {
    this.#seen.startList();
    let next: string | undefined;
    let version = '';
    do {
      const query = { ...this.#options.scope, limit: PAGE, continue: next };
      const page = await this.#options.client.list(this.kind, query, { signal, metadataOnly: this.#options.metadataOnly === true });
      for (const item of page.items) this.#put(item);
      version = page.resourceVersion;
      next = page.next;
    } while (next !== undefined);
    this.#listed(version);
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const listing = this.#version === '';
    if (listing) this.#seen.startList();
    const from = listing ? { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' } : { resourceVersion: this.#version };
    const timeoutSeconds = 300 + Math.floor(this.#random() * 300);
    const options = {
      client: this.#options.client,
      kind: this.kind,
      query: { ...this.#options.scope, ...from, allowWatchBookmarks: true, timeoutSeconds },
      metadataOnly: this.#options.metadataOnly === true,
      stallMs: this.#options.stallMs ?? STALL_MS,
      clock: this.#clock,
      onOpen: () => {
        if (!listing) this.#tell(undefined);
      },
    };
    for await (const event of watchEvents(options, signal)) this.#take(event);
  }

  #take({ type, object }: WatchEvent): void {
    const version = object.metadata.resourceVersion ?? '';
    if (type === 'DELETED') this.#delete(keyOf(object.metadata), version);
    else if (type !== 'BOOKMARK') this.#put(object);
    if (this.#version !== '') {
      this.#version = version;
      this.#backoff.reset();
    } else if (object.metadata.annotations?.['k8s.io/initial-events-end'] === 'true') {
      this.#listed(version);
      this.#tell(undefined);
    }
  }

  #put(object: KubernetesObject): void {
    const key = keyOf(object.metadata);
    if (this.#seen.put(key, object.metadata.resourceVersion ?? '')) this.#tellPut(key, object);
  }

  #tellPut(key: ObjectKey, object: KubernetesObject): void {
    const told = this.#options.whole === true ? object : stripped(object);
    this.#options.onEvent({ type: 'put', key, object: this.#options.project?.(told) ?? told });
  }

  #delete(key: ObjectKey, version: string): void {
    if (!this.#seen.remove(key, version)) return;
    this.#refetches.forget(key);
    this.#options.onEvent({ type: 'delete', key });
  }

  #listed(version: string): void {
    this.#version = version;
    this.#denials = 0;
    for (const key of this.#seen.endList()) this.#options.onEvent({ type: 'delete', key });
    this.#options.onListed();
  }

  #failed(error: KubernetesError): number {
    const streaming = this.#version === '' && this.#streams;
    // A server that does not stream lists calls the request invalid (before 1.27 for resourceVersionMatch, then for the feature gate).
    if (streaming && withStatus(error, 400, 422)) {
      this.#streams = false;
      return 0;
    }
    if (error.reason === 'Stalled') return 0;
    if (error.status === 410) this.#version = '';
    else this.#tell(explain(this.kind, error, this.#options.scope?.namespace));
    if (error.status === 404) this.#denied();
    return this.#backoff.next(error.retryAfterMs);
  }

  /** The server says that there is no such kind. Right after its start it might be wrong. */
  #denied(): void {
    this.#denials += 1;
    if (this.#seen.size > 0 && this.#denials < DENIALS) return;
    this.#seen.startList();
    this.#listed('');
  }

  async #refetch(key: ObjectKey): Promise<void> {
    const object = await this.#options.client.get(this.kind, key).catch((error: unknown) => {
      // Gone: the watch tells, or has told.
      if (withStatus(error, 404)) return undefined;
      throw error;
    });
    if (object !== undefined && this.#seen.putAgain(key, object.metadata.resourceVersion ?? '')) this.#tellPut(key, object);
  }

  #tell(problem: WatchProblem | undefined): void {
    if (problem?.message === this.#problem?.message) return;
    this.#problem = problem;
    this.#options.onTrouble(problem);
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    this.#wake = new AbortController();
    await sleep(this.#clock, ms, AbortSignal.any([signal, this.#wake.signal]));
  }
}
