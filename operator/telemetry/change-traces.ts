import { type Attributes, type Context, ROOT_CONTEXT, type Span, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';
import type { Transition } from '../../xds/fleet-hub.ts';
import type { Commit } from '../../xds/resource-cache.ts';

/** A change that is being taken in. */
interface Change {
  readonly root: Span;
  readonly context: Context;
  /** Of each fleet that changes. */
  readonly publishing: Map<string, Span>;
}

interface Sent {
  readonly context: Context;
  readonly version: string;
  readonly at: number;
}

/** What one proxy said in one turn of one type's resources. */
interface Answer {
  readonly sent: Sent;
  readonly attributes: Attributes;
  readonly at: number;
  readonly refusal: string | undefined;
  resources: number;
}

/** So many resources at most are on their way and followed; of a storm the newest are. */
const MOST = 1024;
/** A proxy that comes later than this has not been waiting for it. */
const LATE_MS = 60_000;

export interface WriteTrace {
  readonly name: string;
  readonly attributes: Attributes;
  readonly seconds: number;
  /** Undefined: it succeeded. */
  readonly problem: string | undefined;
}

export interface ChangeTracesOptions {
  readonly tracer: Tracer;
  /** When the oldest event came that is not published yet; undefined: all are. */
  readonly since: () => number | undefined;
  /** Milliseconds of the same clock, which never goes back. */
  readonly now: () => number;
}

/**
 * Spans of a change on its way: `change` from its arrival until all that follows from it is published, in it `settle` and, for each fleet, `publish`; then
 * `deliver` for each proxy and type of resource, until it took them or refused. Events that come to nothing leave no span. Costs nothing that grows with
 * the number of objects.
 */
export class ChangeTraces {
  readonly #options: ChangeTracesOptions;
  readonly #sent = new Map<string, Sent>();
  readonly #answers = new Map<string, Answer>();
  #change: Change | undefined;

  constructor(options: ChangeTracesOptions) {
    this.#options = options;
  }

  /** A fleet's resources changed. */
  committed({ fleet, changes }: Commit): void {
    const since = this.#options.since();
    if (since === undefined) return;
    this.#change ??= this.#begin(since);
    const { root, context, publishing } = this.#change;
    if (!root.isRecording()) return;
    const at = this.#options.now();
    if (!publishing.has(fleet)) {
      const attributes = { fleet, resources: changes.length };
      publishing.set(fleet, this.#options.tracer.startSpan('publish', { startTime: epoch(at), attributes }, context));
    }
    for (const { type, name, next } of changes) {
      const id = idOf({ fleet, type, name });
      this.#sent.delete(id);
      if (next !== undefined) this.#sent.set(id, { context, version: next.version, at });
    }
    for (const id of this.#sent.keys()) {
      if (this.#sent.size <= MOST) break;
      this.#sent.delete(id);
    }
  }

  /** All that came in is published. */
  published(): void {
    if (this.#change === undefined) return;
    const end = epoch(this.#options.now());
    for (const span of this.#change.publishing.values()) span.end(end);
    this.#change.root.end(end);
    this.#change = undefined;
  }

  answered(transition: Transition): void {
    const { fleet, node, type, state, version, message } = transition;
    const sent = this.#sent.get(idOf(transition));
    const at = this.#options.now();
    if (sent === undefined || sent.version !== version || state === 'lagging' || at - sent.at > LATE_MS) return;
    if (this.#answers.size === 0) setImmediate(() => this.#tell());
    const id = `${trace.getSpanContext(sent.context)?.spanId} ${fleet} ${node} ${type} ${message}`;
    const attributes = { fleet, node, type };
    const known = this.#answers.get(id) ?? {
      sent,
      attributes,
      at,
      refusal: state === 'refused' ? (message ?? '') : undefined,
      resources: 0,
    };
    known.resources += 1;
    this.#answers.set(id, known);
  }

  /** A write that the API server has just answered: a trace of its own. */
  wrote({ name, attributes, seconds, problem }: WriteTrace): void {
    const end = this.#options.now();
    const span = this.#options.tracer.startSpan(name, { startTime: epoch(end - seconds * 1000), attributes }, ROOT_CONTEXT);
    finish(span, end, problem);
  }

  #begin(since: number): Change {
    const { tracer, now } = this.#options;
    const startTime = epoch(since);
    const root = tracer.startSpan('change', { startTime }, ROOT_CONTEXT);
    const context = trace.setSpan(ROOT_CONTEXT, root);
    tracer.startSpan('settle', { startTime }, context).end(epoch(now()));
    return { root, context, publishing: new Map() };
  }

  #tell(): void {
    for (const { sent, attributes, at, refusal, resources } of this.#answers.values()) {
      const options = { startTime: epoch(sent.at), attributes: { ...attributes, resources } };
      finish(this.#options.tracer.startSpan('deliver', options, sent.context), at, refusal);
    }
    this.#answers.clear();
  }
}

function finish(span: Span, end: number, problem: string | undefined): void {
  if (problem !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: problem });
  span.end(epoch(end));
}

/** Milliseconds since 1970. */
const epoch = (at: number): number => performance.timeOrigin + at;

const idOf = ({ fleet, type, name }: Pick<Transition, 'fleet' | 'type' | 'name'>): string => `${fleet} ${type} ${name}`;
