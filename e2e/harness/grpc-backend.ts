import {
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
} from '@grpc/grpc-js';

/** What the backend saw of a call. */
export interface CallEcho {
  readonly pod: string;
  /** `/<service>/<method>` */
  readonly path: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** What was sent with it. */
  readonly said: string;
}

/** A server of gRPC on loopback, without TLS. */
export interface GrpcBackend {
  readonly port: number;
  /** Calls that came, oldest first. */
  readonly calls: readonly CallEcho[];
  readonly stop: () => void;
}

/** The services that a backend has, each with the same methods: `Echo` and `Add` answer once, `Watch` every 100 ms as often as it is asked to, `Chat` to each message. */
export const SERVICES = ['shop.v1.Cart', 'shop.v1.CartAdmin', 'shop.v2.Cart', 'store.Stock'] as const;

const WATCH_MS = 100;

const plain = (value: Buffer): Buffer => value;
const codec = { requestSerialize: plain, requestDeserialize: plain, responseSerialize: plain, responseDeserialize: plain };

/** @param pod its name, which each answer carries */
export async function startGrpcBackend(pod: string): Promise<GrpcBackend> {
  const server = new Server();
  const calls: CallEcho[] = [];
  const echo = (call: { readonly metadata: { getMap(): Record<string, unknown> } }, path: string, said: Buffer): Buffer => {
    const metadata = Object.fromEntries(Object.entries(call.metadata.getMap()).map(([name, value]) => [name, String(value)]));
    const seen = { pod, path, metadata, said: said.toString() };
    calls.push(seen);
    return Buffer.from(JSON.stringify(seen));
  };
  const answer = (path: string) => (call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) =>
    done(null, echo(call, path, call.request));
  const watch = (path: string) => (call: ServerWritableStream<Buffer, Buffer>) => {
    let left = Number(call.request.toString());
    const timer = setInterval(() => {
      call.write(echo(call, path, call.request));
      left -= 1;
      if (left > 0) return;
      clearInterval(timer);
      call.end();
    }, WATCH_MS);
    call.on('cancelled', () => clearInterval(timer));
  };
  const chat = (path: string) => (call: ServerDuplexStream<Buffer, Buffer>) => {
    call.on('data', (said: Buffer) => call.write(echo(call, path, said)));
    call.on('end', () => call.end());
    call.on('error', () => undefined);
  };
  for (const service of SERVICES) {
    const at = (method: string): string => `/${service}/${method}`;
    server.addService(
      {
        Echo: { path: at('Echo'), requestStream: false, responseStream: false, ...codec },
        Add: { path: at('Add'), requestStream: false, responseStream: false, ...codec },
        Watch: { path: at('Watch'), requestStream: false, responseStream: true, ...codec },
        Chat: { path: at('Chat'), requestStream: true, responseStream: true, ...codec },
      },
      { Echo: answer(at('Echo')), Add: answer(at('Add')), Watch: watch(at('Watch')), Chat: chat(at('Chat')) },
    );
  }
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => (error === null ? resolve(bound) : reject(error)));
  return { port: await promise, calls, stop: () => server.forceShutdown() };
}
