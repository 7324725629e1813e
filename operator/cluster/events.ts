import { createHash } from 'node:crypto';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { type Clock, systemClock } from './clock.ts';
import { EventBudget } from './event-budget.ts';
import type { KubeClient } from './kube-client.ts';
import { withStatus } from './kubernetes-error.ts';
import type { ResourceKind } from './resource-kind.ts';
import { WorkQueue } from './work-queue.ts';

export const EVENT: ResourceKind = { group: 'events.k8s.io', version: 'v1', kind: 'Event', plural: 'events', namespaced: true };

/** Something that a person would look for in `kubectl describe`. */
export interface EventNote {
  readonly object: KubernetesObject;
  readonly type: 'Normal' | 'Warning';
  /** CamelCase, short; the same words as in conditions. */
  readonly reason: string;
  /** What was done or tried, CamelCase. */
  readonly action: string;
  /** A sentence; cut at 1,024 bytes, as the API has it. */
  readonly message: string;
}

export interface EventRecorderOptions {
  readonly client: Pick<KubeClient, 'create' | 'patch'>;
  /** Who says it: `gateway.envoyproxy.io/gatewayclass-controller`. */
  readonly controller: string;
  /** Which of the replicas: the name of the pod or host. */
  readonly instance: string;
  readonly clock?: Clock;
}

/** The same words again within this time raise a count instead of making an event, in milliseconds. */
const SERIES_MS = 600_000;
/** Events are a courtesy: what cannot be written so often in a row is dropped, as is what exceeds the number that may wait. */
const ATTEMPTS = 3;
const MAX_WAITING = 1_000;

/** Of events.k8s.io/v1 what we write. */
interface EventObject extends KubernetesObject {
  readonly eventTime: string;
  readonly reportingController: string;
  readonly reportingInstance: string;
  readonly action: string;
  readonly reason: string;
  readonly type: string;
  readonly note: string;
  readonly regarding: Readonly<Record<string, string | undefined>>;
  readonly series?: { readonly count: number; readonly lastObservedTime: string };
}

interface Series {
  readonly note: EventNote;
  readonly first: number;
  last: number;
  count: number;
  /** The event once it is there. */
  name: string | undefined;
  failures: number;
}

/** Writes Kubernetes Events (events.k8s.io/v1), in the background: `record` never waits and never fails. */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #clock: Clock;
  readonly #queue: WorkQueue;
  /** By id, the least recently used first. */
  readonly #series = new Map<string, Series>();
  readonly #budgets = new Map<string, EventBudget>();
  readonly #counters = { recorded: 0, dropped: 0 };
  #leading = true;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#queue = new WorkQueue({
      process: (id) => this.#write(id),
      concurrency: 2,
      onError: (id) => this.#failed(id),
      clock: this.#clock,
    });
  }

  /** `dropped`: over an object's budget, or not accepted by the API server. */
  get counters(): { readonly recorded: number; readonly dropped: number } {
    return { ...this.#counters };
  }

  /** Whether this process records; while it does not, what is recorded is dropped, as is what waits. */
  lead(leading: boolean): void {
    this.#leading = leading;
    if (leading) return;
    for (const id of this.#series.keys()) this.#queue.forget(id);
    this.#series.clear();
  }

  record(note: EventNote): void {
    if (!this.#leading) return;
    const now = this.#clock.now();
    this.#expire(now);
    const { object, type, reason, message } = note;
    const subject = subjectOf(object);
    const id = createHash('sha256')
      .update(JSON.stringify([subject, type, reason, message]))
      .digest('hex')
      .slice(0, 16);
    if (!this.#allowed(subject, now) || this.#queue.size >= MAX_WAITING) {
      this.#counters.dropped += 1;
      return;
    }
    const series = this.#series.get(id) ?? { note, first: now, last: now, count: 0, name: undefined, failures: 0 };
    series.count += 1;
    series.last = now;
    // To the end: `expire` looks at the oldest first.
    this.#series.delete(id);
    this.#series.set(id, series);
    this.#queue.add(id);
  }

  /** Resolves when what was recorded has been tried. */
  flush(): Promise<void> {
    return this.#queue.idle();
  }

  stop(): void {
    this.#queue.stop();
  }

  #allowed(subject: string, now: number): boolean {
    const budget = this.#budgets.get(subject) ?? new EventBudget(now);
    this.#budgets.set(subject, budget);
    return budget.take(now);
  }

  #expire(now: number): void {
    for (const [id, series] of this.#series) {
      if (now - series.last <= SERIES_MS) break;
      this.#series.delete(id);
    }
    if (this.#budgets.size <= MAX_WAITING) return;
    for (const [subject, budget] of this.#budgets) if (budget.isFull(now)) this.#budgets.delete(subject);
  }

  async #write(id: string): Promise<void> {
    const series = this.#series.get(id);
    if (series === undefined) return;
    if (series.name !== undefined && (await this.#count(series, series.name))) return;
    const event = toEvent(series, id, this.#options);
    await this.#options.client.create(EVENT, event);
    series.name = `${event.metadata.namespace}/${event.metadata.name}`;
    series.failures = 0;
    this.#counters.recorded += 1;
  }

  /** False: the event is gone (the API server keeps them for an hour). */
  async #count(series: Series, key: string): Promise<boolean> {
    try {
      const body = { series: { count: series.count, lastObservedTime: microTime(series.last) } };
      await this.#options.client.patch(EVENT, key, { type: 'merge', body });
      return true;
    } catch (error) {
      if (withStatus(error, 404)) return false;
      throw error;
    }
  }

  #failed(id: string): void {
    const series = this.#series.get(id);
    if (series === undefined) return;
    series.failures += 1;
    if (series.failures < ATTEMPTS) return;
    this.#counters.dropped += 1;
    this.#series.delete(id);
  }
}

const subjectOf = ({ kind, metadata }: KubernetesObject): string => JSON.stringify([kind, metadata.namespace, metadata.name, metadata.uid]);

const toEvent = ({ note, first, last, count }: Series, id: string, options: EventRecorderOptions): EventObject => {
  const { apiVersion, kind, metadata } = note.object;
  const { namespace, name, uid, resourceVersion } = metadata;
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    // Objects without a namespace are described in `default`; the time keeps names apart over restarts.
    metadata: { namespace: namespace ?? 'default', name: `${name.slice(0, 200)}.${id.slice(0, 8)}${last.toString(16)}` },
    eventTime: microTime(first),
    reportingController: options.controller,
    reportingInstance: options.instance.slice(0, 128),
    action: note.action,
    reason: note.reason,
    type: note.type,
    note: cut(note.message, 1024),
    regarding: { apiVersion, kind, name, namespace, uid, resourceVersion },
    ...(count > 1 ? { series: { count, lastObservedTime: microTime(last) } } : {}),
  };
};

/** metav1.MicroTime */
const microTime = (at: number): string => new Date(at).toISOString().replace('Z', '000Z');

const cut = (text: string, bytes: number): string => {
  const encoded = Buffer.from(text);
  // Characters cut in two decode to U+FFFD.
  return encoded.length <= bytes
    ? text
    : encoded
        .subarray(0, bytes - 4)
        .toString('utf8')
        .replace(/\uFFFD+$/, '')
        .concat('…');
};
