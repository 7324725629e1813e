import { type IncomingHttpHeaders, request } from 'node:http';
import type { Socket } from 'node:net';
import { connect as secure } from 'node:tls';

export interface Exchange {
  readonly port: number;
  /** The Host header, and with `tls` the name asked for. */
  readonly host: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Speak TLS; any certificate is taken, the answer says which one it was. */
  readonly tls?: boolean;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** SHA-256 of the server's certificate as `openssl x509 -fingerprint` writes it; undefined without TLS. */
  readonly fingerprint: string | undefined;
}

/** One GET over a connection of its own. Rejects where no whole answer comes. */
export async function exchange(connect: (port: number) => Socket, asked: Exchange): Promise<Answer> {
  const { port, host, path = '/', headers = {}, tls = false } = asked;
  const plain = connect(port);
  const wrapped = tls ? secure({ socket: plain, servername: host, rejectUnauthorized: false }) : undefined;
  const socket = wrapped ?? plain;
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const sent = request({ createConnection: () => socket, path, headers: { host, ...headers }, timeout: 10_000 }, (response) => {
    let body = '';
    response.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk;
    });
    response.on('error', reject);
    response.on('end', () => {
      const fingerprint = wrapped?.getPeerX509Certificate()?.fingerprint256;
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body, fingerprint });
    });
  });
  sent.on('timeout', () => sent.destroy(new Error(`no answer from ${host}:${port}${path} within 10 s`)));
  sent.on('error', reject);
  sent.end();
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
}
