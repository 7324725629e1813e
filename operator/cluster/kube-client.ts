import type { KubeConfig } from '@kubernetes/client-node';
import { request as send } from 'undici';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { ClusterAccess, type Credentials, loadKubeConfig } from './cluster-access.ts';
import { errorCode, errorText } from './error-text.ts';
import { KubernetesError, parseFailure } from './kubernetes-error.ts';
import { type RateLimit, RequestRate } from './request-rate.ts';
import { apiVersionOf, collectionPath, type ObjectKey, objectPath, type ResourceKind } from './resource-kind.ts';

/** Milliseconds until a request without an answer is given up. */
const TIMEOUT_MS = 30_000;

const METADATA = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';

/** Query parameters; undefined ones are left out. */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** One page of a list, newest or as old as asked for. */
export interface ObjectList {
  readonly items: readonly KubernetesObject[];
  readonly resourceVersion: string;
  /** Where the next page starts; absent on the last one. */
  readonly next?: string;
}

/** RFC 6902, RFC 7386, or server-side apply: the fields given are ours from then on. */
export type Patch =
  | { readonly type: 'json'; readonly operations: readonly object[] }
  | { readonly type: 'merge'; readonly body: object }
  | { readonly type: 'apply'; readonly body: object; readonly fieldManager: string; readonly force: boolean };

export interface ReadOptions {
  readonly signal?: AbortSignal;
  /** Only names, labels, annotations and the like (PartialObjectMetadata): for kinds of large objects. */
  readonly metadataOnly?: boolean;
}

export interface WriteOptions {
  readonly signal?: AbortSignal;
  /** Called right before the request goes out, after all that it had to wait for; what it throws is the answer. */
  readonly guard?: () => void;
}

export interface PatchOptions extends WriteOptions {
  readonly subresource?: 'status';
}

export interface DeleteOptions extends WriteOptions {
  readonly propagationPolicy?: 'Foreground' | 'Background' | 'Orphan';
  /** Delete only the very object that one has seen. */
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

interface Call {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Query;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly metadataOnly?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly guard?: (() => void) | undefined;
  /** The body has no end: only its start is timed. */
  readonly endless?: boolean;
}

type Answer = Awaited<ReturnType<typeof send>>;

/**
 * The API server in as few words as we need: get, list, watch, create, patch, delete. Every method throws KubernetesError; where the caller's
 * signal ended the request, the signal's reason. Nothing is tried again here, but for one renewal of credentials after a 401.
 */
export class KubeClient {
  readonly #access: ClusterAccess;
  readonly #timeoutMs: number;
  readonly #rate: RequestRate;

  constructor(access: ClusterAccess, options: { readonly timeoutMs?: number; readonly rate?: RequestRate } = {}) {
    this.#access = access;
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.#rate = options.rate ?? new RequestRate();
  }

  /** How many requests there may be; watches are not counted. Undefined: as many as there are. */
  limit(rate: RateLimit | undefined): void {
    this.#rate.set(rate);
  }

  get server(): string {
    return this.#access.server;
  }

  get kubeConfig(): KubeConfig {
    return this.#access.kubeConfig;
  }

  async get(kind: ResourceKind, key: ObjectKey, signal?: AbortSignal): Promise<KubernetesObject> {
    return this.#object({ method: 'GET', path: objectPath(kind, key), signal });
  }

  /** One page; `query` takes limit, continue, resourceVersion, labelSelector, fieldSelector. */
  async list(kind: ResourceKind, query: Query & { readonly namespace?: string }, options: ReadOptions = {}): Promise<ObjectList> {
    const { namespace, ...rest } = query;
    // Boundary: JSON of the API server, whose shape is its contract.
    const list = (await this.#json({ method: 'GET', path: collectionPath(kind, namespace), query: rest, ...options })) as RawList;
    const type = { apiVersion: apiVersionOf(kind), kind: kind.kind };
    const next = list.metadata?.continue;
    return {
      items: (list.items ?? []).map((item) => ({ ...item, ...type })),
      resourceVersion: list.metadata?.resourceVersion ?? '',
      ...(next ? { next } : {}),
    };
  }

  /** The raw bytes of a watch, one JSON event a line. They end when the server, the network or the signal ends them. */
  async watch(
    kind: ResourceKind,
    query: Query & { readonly namespace?: string },
    options: ReadOptions = {},
  ): Promise<AsyncIterable<Uint8Array>> {
    const { namespace, ...rest } = query;
    const path = collectionPath(kind, namespace);
    const answer = await this.#call({ method: 'GET', path, query: { watch: true, ...rest }, ...options, endless: true });
    return answer.body;
  }

  async create(kind: ResourceKind, object: KubernetesObject, query: Query = {}, options: WriteOptions = {}): Promise<KubernetesObject> {
    return this.#object({ method: 'POST', path: collectionPath(kind, object.metadata.namespace), query, body: object, ...options });
  }

  async patch(kind: ResourceKind, key: ObjectKey, patch: Patch, options: PatchOptions = {}): Promise<KubernetesObject> {
    const path = objectPath(kind, key, options.subresource);
    return this.#object({ method: 'PATCH', path, ...patchBody(patch), signal: options.signal, guard: options.guard });
  }

  async delete(kind: ResourceKind, key: ObjectKey, { signal, guard, ...options }: DeleteOptions = {}): Promise<void> {
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', ...options };
    await this.#json({ method: 'DELETE', path: objectPath(kind, key), body, signal, guard });
  }

  /** Ends every connection; requests under way fail. */
  close(): Promise<void> {
    return this.#access.close();
  }

  async #object(call: Call): Promise<KubernetesObject> {
    // Boundary: JSON of the API server, whose shape is its contract.
    return (await this.#json(call)) as KubernetesObject;
  }

  async #json(call: Call): Promise<unknown> {
    const answer = await this.#call(call);
    try {
      return await answer.body.json();
    } catch (error) {
      throw this.#failure(call, error);
    }
  }

  async #call(call: Call): Promise<Answer> {
    if (call.endless !== true) await this.#rate.take(call.signal);
    const credentials = this.#access.credentials();
    const answer = await this.#send(call, credentials);
    if (answer.statusCode !== 401) return this.#checked(call, answer);
    await answer.body.dump();
    this.#access.renew(credentials);
    return this.#checked(call, await this.#send(call, this.#access.credentials()));
  }

  async #send(call: Call, credentials: Promise<Credentials>): Promise<Answer> {
    const { headers, dispatcher } = await credentials.catch((error: unknown) => {
      throw this.#failure(call, error);
    });
    call.guard?.();
    try {
      return await send(`${this.server}${call.path}${search(call.query)}`, {
        method: call.method,
        dispatcher,
        headers: {
          accept: call.metadataOnly === true ? METADATA : 'application/json',
          'user-agent': 'gatehouse',
          ...headers,
          ...contentType(call),
        },
        headersTimeout: this.#timeoutMs,
        bodyTimeout: call.endless === true ? 0 : this.#timeoutMs,
        ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
        ...(call.signal === undefined ? {} : { signal: call.signal }),
      });
    } catch (error) {
      throw this.#failure(call, error);
    }
  }

  async #checked(call: Call, answer: Answer): Promise<Answer> {
    if (answer.statusCode < 400) return answer;
    const retryAfter = answer.headers['retry-after'];
    throw parseFailure({
      request: `${call.method} ${call.path}`,
      status: answer.statusCode,
      body: await answer.body.text().catch(() => ''),
      retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined,
    });
  }

  /** A failure of the way to the server, as a KubernetesError with status 0. */
  #failure(call: Call, cause: unknown): unknown {
    if (call.signal?.aborted === true) return call.signal.reason;
    const code = errorCode(cause);
    const reason = code.includes('TIMEOUT') ? 'Timeout' : 'Unreachable';
    const what = `${call.method} ${this.server}${call.path} failed: ${errorText(cause)}${code === '' ? '' : ` (${code})`}`;
    return new KubernetesError({ status: 0, reason, message: what }, { cause });
  }
}

interface RawList {
  readonly items?: readonly KubernetesObject[] | null;
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
}

const patchBody = (patch: Patch): Pick<Call, 'body' | 'contentType' | 'query'> => {
  switch (patch.type) {
    case 'json':
      return { body: patch.operations, contentType: 'application/json-patch+json' };
    case 'merge':
      return { body: patch.body, contentType: 'application/merge-patch+json' };
    case 'apply': {
      // JSON is YAML.
      const query = { fieldManager: patch.fieldManager, force: patch.force };
      return { body: patch.body, contentType: 'application/apply-patch+yaml', query };
    }
  }
};

const contentType = (call: Call): Record<string, string> =>
  call.body === undefined ? {} : { 'content-type': call.contentType ?? 'application/json' };

const search = (query: Query | undefined): string => {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined) parameters.set(name, String(value));
  return parameters.size === 0 ? '' : `?${parameters}`;
};

/** The client of the cluster that the file, KUBECONFIG, the pod's service account or `~/.kube/config` names. Throws where none of them does. */
export const loadKubeClient = (options: { readonly kubeconfig?: string } = {}): KubeClient =>
  new KubeClient(new ClusterAccess(() => loadKubeConfig(options.kubeconfig)));
