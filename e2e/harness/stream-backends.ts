import { createSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { listenOnLoopback } from './loopback.ts';
import type { CertificatePair } from './self-signed.ts';

/** A backend for bytes: says its name, and then every line that it gets. */
export interface StreamBackend {
  readonly name: string;
  readonly port: number;
  readonly stop: () => Promise<void>;
}

/** @param pair makes it speak TLS, and name the server that it was asked for after its own name */
export async function startStreamBackend(name: string, pair?: CertificatePair): Promise<StreamBackend> {
  const serve = (socket: Socket, greeting: string): void => {
    socket.on('error', () => socket.destroy());
    socket.write(`${greeting}\n`);
    socket.pipe(socket);
  };
  const server: Server =
    pair === undefined
      ? createServer((socket) => serve(socket, name))
      : createTlsServer({ cert: pair.certificate, key: pair.key }, (socket) => serve(socket, `${name} ${socket.servername || ''}`));
  server.on('tlsClientError', () => undefined);
  return { name, ...(await listenOnLoopback(server)) };
}

/** A backend for datagrams: answers each with its name and the datagram. */
export async function startDatagramBackend(name: string): Promise<StreamBackend> {
  const socket = createSocket('udp4');
  socket.on('message', (message, from) => socket.send(`${name} ${message.toString()}`, from.port, from.address));
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return { name, port: socket.address().port, stop: () => new Promise((resolve) => socket.close(() => resolve())) };
}
