import {
  Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  credentials,
  Metadata,
  type MetadataValue,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import type { CallEcho } from './grpc-backend.ts';

export interface ClientOptions {
  /** Of 127.0.0.1. */
  readonly port: number;
  /** The `:authority` of its calls. */
  readonly host: string;
  /** Speaks TLS, names `host` and trusts this certificate (PEM). Default: HTTP/2 without TLS. */
  readonly ca?: string;
}

export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly said?: string;
}

/** What became of a call. */
export interface Outcome {
  /** The name of gRPC's status: `OK`, `UNAVAILABLE`, ... */
  readonly status: string;
  /** Of an answered call. */
  readonly echo?: CallEcho;
  /** Initial metadata of the answer. */
  readonly headers: Readonly<Record<string, MetadataValue>>;
}

const CALL_MS = 15_000;
const plain = (value: Buffer): Buffer => value;

/** A connection for calls of one host. */
export class GrpcClient {
  readonly #client: Client;

  constructor({ port, host, ca }: ClientOptions) {
    const channel = ca === undefined ? credentials.createInsecure() : credentials.createSsl(Buffer.from(ca));
    this.#client = new Client(`127.0.0.1:${port}`, channel, {
      'grpc.default_authority': host,
      // Others of the same process must not have this one's connection.
      'grpc.use_local_subchannel_pool': 1,
      ...(ca === undefined ? {} : { 'grpc.ssl_target_name_override': host }),
      // A failure is a failure.
      'grpc.enable_retries': 0,
    });
  }

  /** @param path `/<service>/<method>` of a method that answers once */
  call(path: string, { headers = {}, said = '' }: CallOptions = {}): Promise<Outcome> {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    let answered: Outcome['headers'] = {};
    const done = (error: ServiceError | null, reply?: Buffer): void => {
      const echo = reply === undefined ? {} : { echo: echoOf(reply) };
      resolve({ status: status[error?.code ?? status.OK] ?? String(error?.code), headers: answered, ...echo });
    };
    this.#client
      .makeUnaryRequest(path, plain, plain, Buffer.from(said), metadataOf(headers), { deadline: Date.now() + CALL_MS }, done)
      .on('metadata', (metadata) => {
        answered = metadata.getMap();
      });
    return promise;
  }

  /** Without a deadline. */
  watch(path: string, times: number): ClientReadableStream<Buffer> {
    return this.#client.makeServerStreamRequest(path, plain, plain, Buffer.from(String(times)), new Metadata());
  }

  /** Without a deadline. */
  chat(path: string): ClientDuplexStream<Buffer, Buffer> {
    return this.#client.makeBidiStreamRequest(path, plain, plain, new Metadata());
  }

  close(): void {
    this.#client.close();
  }
}

/** The backend of `grpc-backend.ts` wrote it. */
export const echoOf = (reply: Buffer): CallEcho => JSON.parse(reply.toString()) as CallEcho;

function metadataOf(headers: Readonly<Record<string, string>>): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  return metadata;
}
