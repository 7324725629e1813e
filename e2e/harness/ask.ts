import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { CertificatePair } from './self-signed.ts';

export interface Question {
  /** Of 127.0.0.1. */
  readonly port: number;
  /** How to get there from here, where it is not this machine's own 127.0.0.1. */
  readonly connect?: (port: number) => Socket;
  readonly host: string;
  /** Goes out as it is. Default: `/`. */
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Speaks TLS and names this server; certificates are not verified but shown. */
  readonly sni?: string;
  /** Speaks TLS: whom it says that it is. */
  readonly identity?: CertificatePair;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** TLS: the common name of the certificate that was shown. */
  readonly certificate?: string;
}

/** What the echo backend saw. */
export interface Echo {
  readonly path: string;
  readonly host: string;
  readonly method: string;
  readonly proto: string;
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly pod: string;
}

const ANSWER_MS = 15_000;

/** One request on a connection of its own. Rejects where the connection fails. */
export function ask(question: Question): Promise<Answer> {
  const { port, host, path = '/', method = 'GET', headers = {}, sni, identity } = question;
  const plain = question.connect?.(port) ?? connectTcp({ host: '127.0.0.1', port });
  const socket =
    sni === undefined ? plain : connectTls({ socket: plain, servername: sni, rejectUnauthorized: false, ...identityOf(identity) });
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const answered = (response: IncomingMessage): void => {
    // Gone once the connection has ended, which may be before the body is read.
    const certificate = sni === undefined ? undefined : commonName(response.socket as TLSSocket);
    readAll(response).then((body) => {
      const { statusCode: status = 0, headers: answer } = response;
      resolve({ status, headers: answer, body, ...(certificate === undefined ? {} : { certificate }) });
    }, reject);
  };
  const options = { createConnection: () => socket, path, method, headers: { host, ...headers }, timeout: ANSWER_MS };
  const asked = request(options, answered);
  asked.on('timeout', () => asked.destroy(new Error(`no answer within ${ANSWER_MS} ms`)));
  asked.on('error', reject);
  asked.end(question.body);
  return promise;
}

const identityOf = (pair: CertificatePair | undefined): { readonly cert?: string; readonly key?: string } =>
  pair === undefined ? {} : { cert: pair.certificate, key: pair.key };

/** What the backend saw of a request; throws unless one answered. */
export function echoOf(answer: Answer): Echo {
  if (answer.status !== 200) throw new Error(`no backend answered but ${answer.status}: ${answer.body}`);
  return JSON.parse(answer.body) as Echo; // the echo backend wrote it
}

async function readAll(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer); // no encoding is set
  return Buffer.concat(parts).toString();
}

/** @types/node allows a name several common names. */
const commonName = (socket: TLSSocket): string => String(socket.getPeerCertificate().subject?.CN ?? '');
