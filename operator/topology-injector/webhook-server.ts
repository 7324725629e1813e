import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CertificateFolder } from '../certificates/certificate-folder.ts';
import type { Endpoint, EndpointAddress } from '../endpoints/bound-server.ts';

// As in bound-server.ts: an import would load Node's own HTTP client.
const { createServer } = process.getBuiltinModule('node:https');

/** A review holds one small object; this is many times that. */
const MOST_BYTES = 256 * 1024;
/** From the first byte of a request to its last. */
const REQUEST_MS = 3_000;
/** The API server keeps connections; so many replicas of it there are not. */
const MOST_CONNECTIONS = 256;

export interface Webhook {
  readonly path: string;
  /** The server's certificate, and the ones to come. */
  readonly certificates: CertificateFolder;
  /** What to answer, as JSON; undefined: the body is nothing that it understands. Never rejects. */
  readonly answer: (body: string) => Promise<object | undefined>;
}

/** Listens for the API server's calls by HTTPS, TLS 1.2 at least. Rejects with the system's error. */
export function listenHttps(address: EndpointAddress, webhook: Webhook): Promise<Endpoint> {
  const { certificate: cert, key } = webhook.certificates.current;
  const limits = { requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS, connectionsCheckingInterval: 1000 };
  const server = createServer({ cert, key, handshakeTimeout: REQUEST_MS, ...limits }, (request, response) => {
    void respond(webhook, request, response);
  });
  server.maxConnections = MOST_CONNECTIONS;
  const follow: Parameters<CertificateFolder['addIdentityCertificateListener']>[0] = (update) => {
    if (update) server.setSecureContext({ cert: update.certificate, key: update.privateKey });
  };
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(address.port, address.host, () => {
      webhook.certificates.addIdentityCertificateListener(follow);
      const { port } = server.address() as AddressInfo; // a TCP server has no other kind of address
      const close = (): Promise<void> =>
        new Promise((done) => {
          webhook.certificates.removeIdentityCertificateListener(follow);
          server.close(() => done());
          server.closeAllConnections();
        });
      resolve({ port, close });
    });
  });
}

async function respond({ path, answer }: Webhook, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const refuse = (status: number, text: string): void => {
    response.writeHead(status, { 'content-type': 'text/plain', connection: 'close' }).end(`${text}\n`);
  };
  if (request.url?.split('?')[0] !== path) return refuse(404, `not found: there is ${path}`);
  if (request.method !== 'POST') return refuse(405, 'an AdmissionReview is posted');
  const body = await bodyOf(request).catch(() => undefined);
  if (body === undefined) return refuse(413, `the body is longer than ${MOST_BYTES} bytes, or broke off`);
  const review = await answer(body);
  if (review === undefined) return refuse(400, 'the body is no AdmissionReview (admission.k8s.io/v1) of a Binding');
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(review));
}

/** Undefined: it is too long. Rejects where it breaks off. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // It stays open for the answer; a body without encoding comes in buffers.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
