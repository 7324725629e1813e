import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import jsonPatch, { type Operation } from 'fast-json-patch';
import type { KubernetesObject } from '../../../crds/object-meta.ts';
import { ClusterAccess } from '../cluster-access.ts';
import { KubeClient } from '../kube-client.ts';

/** A request as the server saw it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

interface Logged {
  readonly version: number;
  readonly collection: string;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: KubernetesObject;
}

interface Watcher {
  readonly collection: string;
  readonly response: ServerResponse;
}

const PATH = /^(\/api\/v1|\/apis\/[^/]+\/[^/]+)(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+))?(?:\/(status))?$/;

/**
 * The list and watch protocol of the API server on loopback, with every answer open to tampering: what a real server does only on its bad days
 * (410, 429, half an event, silence) happens here on demand. What a real one does on good days is tested against a real one.
 */
export class ScriptedApiServer {
  readonly requests: SeenRequest[] = [];
  /** Answers a request instead of the server; false leaves it to the server. */
  intercept: (request: SeenRequest, response: ServerResponse) => boolean = () => false;
  /** Collections that are served; undefined: all. */
  served: Set<string> | undefined;
  streamsLists = true;
  readonly #server: Server;
  readonly #objects = new Map<string, Map<string, KubernetesObject>>();
  readonly #watchers = new Set<Watcher>();
  #log: Logged[] = [];
  #version = 1;
  #compacted = 0;

  private constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  static async start(port = 0): Promise<ScriptedApiServer> {
    const server = new ScriptedApiServer();
    await new Promise<void>((resolve) => server.#server.listen(port, '127.0.0.1', resolve));
    return server;
  }

  get port(): number {
    // Boundary: a server that listens on TCP has such an address.
    return (this.#server.address() as AddressInfo).port;
  }

  get watching(): number {
    return this.#watchers.size;
  }

  /** A client of this server, with the credentials that `token` answers whenever they are read. */
  client(token: () => string = () => 'secret', options: { readonly timeoutMs?: number } = {}): KubeClient {
    const load = (): KubeConfig => {
      const config = new KubeConfig();
      const cluster = { name: 'test', server: `http://127.0.0.1:${this.port}`, skipTLSVerify: true };
      config.loadFromClusterAndUser(cluster, { name: 'tester', token: token() });
      return config;
    };
    return new KubeClient(new ClusterAccess(load), options);
  }

  /** Creates or replaces an object; answers it with its new resource version. */
  put(collection: string, object: KubernetesObject): KubernetesObject {
    const key = keyIn(object);
    const objects = this.#of(collection);
    this.#version += 1;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } };
    this.#tell(collection, objects.has(key) ? 'MODIFIED' : 'ADDED', stored);
    objects.set(key, stored);
    return stored;
  }

  remove(collection: string, key: string): void {
    const object = this.#of(collection).get(key);
    if (object === undefined) return;
    this.#version += 1;
    this.#of(collection).delete(key);
    this.#tell(collection, 'DELETED', { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } });
  }

  get(collection: string, key: string): KubernetesObject | undefined {
    return this.#of(collection).get(key);
  }

  all(collection: string): readonly KubernetesObject[] {
    return [...this.#of(collection).values()];
  }

  /** Forgets the past: whoever wants to go on from there gets 410. */
  compact(): void {
    this.#log = [];
    this.#compacted = this.#version;
  }

  /** Writes raw bytes to all watches. */
  say(bytes: string): void {
    for (const { response } of this.#watchers) response.write(bytes);
  }

  /** A progress mark, as the API server sends about once a minute. */
  bookmark(): void {
    this.#version += 1;
    this.say(line('BOOKMARK', { metadata: { resourceVersion: String(this.#version) } }));
  }

  /** Ends all watches: as the server does after `timeoutSeconds`, or by cutting the connection. */
  endWatches(how: 'end' | 'cut' = 'end'): void {
    for (const watcher of this.#watchers) {
      if (how === 'cut') watcher.response.destroy();
      else watcher.response.end();
      this.#watchers.delete(watcher);
    }
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(raw: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of raw) body += String(chunk);
    const url = new URL(raw.url ?? '/', 'http://localhost');
    const request = { method: raw.method ?? '', path: url.pathname, query: url.searchParams, headers: raw.headers, body };
    this.requests.push(request);
    if (!this.intercept(request, response)) this.#route(request, response);
  }

  #route(request: SeenRequest, response: ServerResponse): void {
    const [, base, namespace, plural, name, subresource] = PATH.exec(request.path) ?? [];
    const collection = `${base}/${plural}`;
    if (base === undefined || (this.served !== undefined && !this.served.has(collection))) fail(response, 404, 'NotFound');
    else if (request.query.get('watch') === 'true') this.#watch(request, response, collection);
    else if (request.method === 'POST') answer(response, [201, this.put(collection, JSON.parse(request.body))]);
    else if (name === undefined) answer(response, this.#list(request, collection));
    else {
      const key = namespace === undefined ? name : `${namespace}/${name}`;
      answer(response, this.#one(request, { collection, key, subresource }));
    }
  }

  #one(request: SeenRequest, at: { collection: string; key: string; subresource: string | undefined }): Answer {
    const object = this.get(at.collection, at.key);
    if (object === undefined) return failure(404, 'NotFound');
    if (request.method === 'DELETE') this.remove(at.collection, at.key);
    if (request.method !== 'PATCH') return [200, object];
    const patched = patch(object, request);
    if (patched === undefined) return failure(422, 'Invalid');
    const version = patched.metadata.resourceVersion;
    if (version !== undefined && version !== object.metadata.resourceVersion) return failure(409, 'Conflict');
    return [200, this.put(at.collection, at.subresource === 'status' ? { ...object, status: patched.status } : patched)];
  }

  #list(request: SeenRequest, collection: string): Answer {
    const limit = Number(request.query.get('limit') ?? Number.POSITIVE_INFINITY);
    const start = Number(request.query.get('continue') ?? 0);
    const all = [...this.#of(collection).values()].sort((a, b) => (keyIn(a) < keyIn(b) ? -1 : 1));
    const more = start + limit < all.length ? { continue: String(start + limit) } : {};
    // Items of lists carry no type, as in the real thing.
    const items = all.slice(start, start + limit).map(({ apiVersion: _, kind: __, ...item }) => item);
    return [200, { kind: 'List', metadata: { resourceVersion: String(this.#version), ...more }, items }];
  }

  #watch(request: SeenRequest, response: ServerResponse, collection: string): void {
    const initial = request.query.get('sendInitialEvents') === 'true';
    if (initial && !this.streamsLists) {
      fail(response, 422, 'Invalid');
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    const from = Number(request.query.get('resourceVersion'));
    if (!initial && from < this.#compacted) {
      response.end(line('ERROR', failure(410, 'Expired')[1]));
      return;
    }
    if (initial) this.#stream(response, collection);
    else this.#replay(response, collection, from);
    const watcher = { collection, response };
    this.#watchers.add(watcher);
    response.on('close', () => this.#watchers.delete(watcher));
  }

  #stream(response: ServerResponse, collection: string): void {
    for (const object of this.#of(collection).values()) response.write(line('ADDED', object));
    const annotations = { 'k8s.io/initial-events-end': 'true' };
    response.write(line('BOOKMARK', { metadata: { resourceVersion: String(this.#version), annotations } }));
  }

  #replay(response: ServerResponse, collection: string, from: number): void {
    for (const entry of this.#log) {
      if (entry.collection === collection && entry.version > from) response.write(line(entry.type, entry.object));
    }
  }

  #of(collection: string): Map<string, KubernetesObject> {
    const known = this.#objects.get(collection) ?? new Map<string, KubernetesObject>();
    this.#objects.set(collection, known);
    return known;
  }

  #tell(collection: string, type: Logged['type'], object: KubernetesObject): void {
    this.#log.push({ version: this.#version, collection, type, object });
    for (const watcher of this.#watchers) if (watcher.collection === collection) watcher.response.write(line(type, object));
  }
}

const keyIn = ({ metadata: { namespace, name } }: KubernetesObject): string => (namespace === undefined ? name : `${namespace}/${name}`);

/** One line of a watch. */
export const line = (type: string, object: unknown): string => `${JSON.stringify({ type, object })}\n`;

type Answer = readonly [status: number, body: unknown];

const failure = (code: number, reason: string, further: object = {}): Answer => [
  code,
  { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', code, reason, message: `${reason} it is`, ...further },
];

const answer = (response: ServerResponse, [status, body]: Answer): void => {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
};

/** Answers with a metav1.Status. */
export const fail = (response: ServerResponse, code: number, reason: string, further: object = {}): void =>
  answer(response, failure(code, reason, further));

const patch = (object: KubernetesObject, request: SeenRequest): KubernetesObject | undefined => {
  const body: unknown = JSON.parse(request.body);
  if (request.headers['content-type'] !== 'application/json-patch+json') return merge(object, body) as KubernetesObject;
  try {
    return jsonPatch.applyPatch(object, body as Operation[], true, false).newDocument;
  } catch {
    return undefined;
  }
};

const merge = (into: unknown, from: unknown): unknown => {
  if (!isRecord(from) || !isRecord(into)) return from;
  const merged = { ...into };
  for (const [name, value] of Object.entries(from)) merged[name] = merge(into[name], value);
  return merged;
};

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
