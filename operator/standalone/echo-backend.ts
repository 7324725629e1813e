import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createHttpServer } from 'node:http';
import type { Http2SecureServer, Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { createServer as createHttp2Server, createSecureServer } from 'node:http2';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { TLSSocket } from 'node:tls';

/** Where the backend says it runs: empty strings outside of a cluster. */
export interface EchoIdentity {
  readonly namespace: string;
  readonly ingress: string;
  readonly service: string;
  readonly pod: string;
}

export interface EchoOptions {
  /** 0: any free one. */
  readonly port: number;
  readonly host?: string;
  readonly identity?: Partial<EchoIdentity>;
  /** PEM. With it the backend speaks TLS and, over ALPN, HTTP/2. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca?: string };
}

export interface EchoBackend {
  readonly port: number;
  close(): Promise<void>;
}

type Request = IncomingMessage | Http2ServerRequest;
/** What both kinds of response can do; their own overloads do not unite. */
type Response = Pick<ServerResponse | Http2ServerResponse, 'setHeader' | 'getHeader' | 'destroy'> & {
  writeHead(status: number): unknown;
  end(text: string): unknown;
};

/** The first bytes of an HTTP/2 connection without TLS (RFC 9113, 3.4). */
const HTTP2_PREFACE = 'PRI * HTTP/2.0';
const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m)$/;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };

/** `user-agent` -> `User-Agent`, as clients of the conformance suite's echo-basic expect it. */
function canonicalName(name: string): string {
  return name.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}

function headersOf(request: Request): Record<string, string[]> {
  const headers: Record<string, string[]> = {};
  for (let i = 0; i + 1 < request.rawHeaders.length; i += 2) {
    const name = request.rawHeaders[i]?.toLowerCase() ?? '';
    if (name === 'host' || name.startsWith(':')) continue;
    const values = headers[canonicalName(name)] ?? [];
    values.push(request.rawHeaders[i + 1] ?? '');
    headers[canonicalName(name)] = values;
  }
  return headers;
}

function tlsOf(socket: Socket | undefined): object | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  const peer = socket.getPeerX509Certificate();
  return {
    version: socket.getProtocol(),
    ...(peer === undefined ? {} : { peerCertificates: [peer.toString()] }),
    // Node leaves `servername` false or null where the client named no server.
    serverName: typeof socket.servername === 'string' ? socket.servername : '',
    ...(socket.alpnProtocol ? { negotiatedProtocol: socket.alpnProtocol } : {}),
    cipherSuite: socket.getCipher().standardName,
  };
}

function describe(request: Request, identity: EchoIdentity): object {
  const tls = tlsOf(request.socket);
  return {
    path: request.url,
    host: request.headers[':authority'] ?? request.headers.host ?? '',
    method: request.method,
    proto: request.httpVersionMajor === 2 ? 'HTTP/2.0' : `HTTP/${request.httpVersion}`,
    headers: headersOf(request),
    ...identity,
    ...(tls === undefined ? {} : { tls }),
  };
}

/** The milliseconds of `?delay=`; undefined where it is no duration. */
function delayOf(url: URL): number | undefined {
  const wanted = url.searchParams.get('delay');
  if (wanted === null || wanted === '') return 0;
  const [, amount = '', unit = ''] = DURATION.exec(wanted) ?? [];
  const factor = UNIT_MS[unit];
  return factor === undefined ? undefined : Number(amount) * factor;
}

/** `X-Echo-Set-Header: a:1, b:2` asks for these headers in the answer. */
function setAskedHeaders(request: Request, response: Response): void {
  const asked = request.headers['x-echo-set-header'];
  for (const pair of [asked ?? []].flat().join(',').split(',')) {
    const colon = pair.indexOf(':');
    if (colon <= 0) continue;
    const name = pair.slice(0, colon).trim();
    const before = response.getHeader(name);
    const value = pair.slice(colon + 1).trim();
    response.setHeader(name, before === undefined ? value : `${String(before)},${value}`);
  }
}

function send(response: Response, status: number, body: object | string): void {
  const text = typeof body === 'string' ? body : `${JSON.stringify(body, null, 1)}\n`;
  response.setHeader('content-type', typeof body === 'string' ? 'text/plain' : 'application/json');
  response.setHeader('x-content-type-options', 'nosniff');
  response.writeHead(status);
  response.end(text);
}

async function answer(request: Request, response: Response, identity: EchoIdentity): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://backend');
  request.resume();
  if (url.pathname === '/health') return send(response, 200, 'OK');
  const status = /^\/status\/([2-5]\d\d)$/.exec(url.pathname)?.[1];
  if (status !== undefined) return send(response, Number(status), '');
  const delay = delayOf(url);
  if (delay === undefined) return send(response, 500, { message: 'delay: not a duration. Write it like 100ms, 1.5s or 1m.' });
  if (delay > 0) await sleep(delay);
  setAskedHeaders(request, response);
  send(response, 200, describe(request, identity));
}

type Handler = (request: Request, response: Response) => void;

/** HTTP/1.1 and HTTP/2 with prior knowledge on one port: told apart by the first bytes. */
function plainServer(handler: Handler): Server {
  const http1 = createHttpServer(handler);
  const http2 = createHttp2Server(handler);
  http2.on('sessionError', () => undefined);
  return createTcpServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.once('data', (first: Buffer) => {
      // An HTTP/2 session takes what is buffered when it takes the socket over; a socket that flows would lose it.
      socket.pause();
      socket.unshift(first);
      const isHttp2 = first.subarray(0, HTTP2_PREFACE.length).toString('latin1') === HTTP2_PREFACE;
      if (isHttp2) http2.emit('connection', socket);
      else http1.emit('connection', socket.resume());
    });
  });
}

function secureServer(tls: NonNullable<EchoOptions['tls']>, handler: Handler): Http2SecureServer {
  const clients = tls.ca === undefined ? {} : { ca: tls.ca, requestCert: true, rejectUnauthorized: false };
  return createSecureServer({ cert: tls.cert, key: tls.key, allowHTTP1: true, ...clients }, handler);
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port)); // a TCP server has no other kind of address
  });
}

/**
 * A backend that answers each request with what it saw of it, in the keys of the Gateway API conformance suite's echo-basic: path, host, method,
 * proto, headers (lists), namespace, ingress, service, pod, tls. `?delay=1s` waits, `/status/503` answers that status, `/health` answers OK,
 * `X-Echo-Set-Header: name:value` sets response headers. Rejects with the system's error (EADDRINUSE, EACCES) when it cannot listen.
 */
export async function startEchoBackend(options: EchoOptions): Promise<EchoBackend> {
  const identity = { namespace: '', ingress: '', service: '', pod: '', ...options.identity };
  const handler: Handler = (request, response) => {
    answer(request, response, identity).catch(() => response.destroy());
  };
  const server = options.tls === undefined ? plainServer(handler) : secureServer(options.tls, handler);
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  const port = await listen(server, options.port, options.host ?? '127.0.0.1');
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}
