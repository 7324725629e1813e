import type { KubernetesObject } from '../../crds/object-meta.ts';
import type { Clock } from './clock.ts';
import { errorText } from './error-text.ts';
import { JsonLines } from './json-lines.ts';
import type { KubeClient, Query } from './kube-client.ts';
import { KubernetesError } from './kubernetes-error.ts';
import { type ResourceKind, resourceName } from './resource-kind.ts';

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: KubernetesObject;
}

export interface WatchOptions {
  readonly client: KubeClient;
  readonly kind: ResourceKind;
  readonly query: Query & { readonly namespace?: string };
  readonly metadataOnly: boolean;
  /** Milliseconds without a single byte after which the connection counts as dead. */
  readonly stallMs: number;
  readonly clock: Clock;
  /** The server took the request: events will follow. */
  readonly onOpen: () => void;
}

/**
 * The events of one watch request, until the server ends it. Throws KubernetesError: what the server answers or sends as an ERROR event, `Unreachable`
 * where the connection breaks (also in the middle of an event), `Malformed` for a line that is no event, `Stalled` for silence.
 */
export async function* watchEvents(options: WatchOptions, signal: AbortSignal): AsyncGenerator<WatchEvent> {
  const lines = new JsonLines();
  const stall = new Stall(options);
  try {
    const { client, kind, query, metadataOnly } = options;
    const chunks = await client.watch(kind, query, { metadataOnly, signal: AbortSignal.any([signal, stall.signal]) });
    options.onOpen();
    for await (const chunk of chunks) {
      stall.postpone();
      for (const line of lines.push(chunk)) yield asEvent(line);
    }
  } catch (error) {
    signal.throwIfAborted();
    stall.signal.throwIfAborted();
    throw asKubernetesError(error, options.kind);
  } finally {
    stall.cancel();
  }
  if (lines.pending > 0) throw broken('ended in the middle of an event', options.kind);
}

/** Aborts when nothing has been heard for too long. */
class Stall {
  readonly #options: WatchOptions;
  readonly #controller = new AbortController();
  #cancel: () => void;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#cancel = this.#start();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  postpone(): void {
    this.#cancel();
    this.#cancel = this.#start();
  }

  cancel(): void {
    this.#cancel();
  }

  #start(): () => void {
    const { clock, stallMs, kind } = this.#options;
    return clock.after(stallMs, () => {
      const message = `The watch of ${resourceName(kind)} was silent for ${stallMs} ms.`;
      this.#controller.abort(new KubernetesError({ status: 0, reason: 'Stalled', message }));
    });
  }
}

interface RawEvent {
  readonly type?: unknown;
  readonly object?: KubernetesObject & { readonly code?: number; readonly reason?: string; readonly message?: string };
}

const asEvent = (line: unknown): WatchEvent => {
  // Boundary: JSON of the API server, whose shape is its contract.
  const { type, object } = line as RawEvent;
  if (type === 'ERROR') throw errorEvent(object);
  const known = type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED' || type === 'BOOKMARK';
  if (!known || object?.metadata === undefined) throw malformed(`an event of type ${JSON.stringify(type)} without an object`);
  return { type, object };
};

const errorEvent = (object: RawEvent['object']): KubernetesError =>
  new KubernetesError({
    status: object?.code ?? 500,
    reason: object?.reason ?? 'InternalError',
    message: `The watch was ended by the server: ${object?.message ?? 'no further word'}`,
  });

const asKubernetesError = (error: unknown, kind: ResourceKind): KubernetesError => {
  if (error instanceof KubernetesError) return error;
  const message = errorText(error);
  return error instanceof SyntaxError ? malformed(message, error) : broken(message, kind, error);
};

const malformed = (what: string, cause?: unknown): KubernetesError =>
  new KubernetesError({ status: 0, reason: 'Malformed', message: `The API server sent ${what}.` }, { cause });

const broken = (what: string, kind: ResourceKind, cause?: unknown): KubernetesError =>
  new KubernetesError({ status: 0, reason: 'Unreachable', message: `The watch of ${resourceName(kind)} broke: ${what}.` }, { cause });
