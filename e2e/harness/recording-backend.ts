import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

/** A backend that remembers what it was asked, answers 200 and, after an upgrade, says back each byte. */
export interface RecordingBackend {
  readonly port: number;
  readonly requests: readonly RecordedRequest[];
  readonly stop: () => Promise<void>;
}

/** Answers a request of the recording backend, the last of those so far. */
export type Respond = (response: ServerResponse, requests: readonly RecordedRequest[]) => unknown;

const recorded: Respond = (response) => response.end('recorded');

export async function startRecordingBackend(respond: Respond = recorded): Promise<RecordingBackend> {
  const requests: RecordedRequest[] = [];
  const record = ({ method = '', url = '', headers }: IncomingMessage): unknown => requests.push({ method, path: url, headers });
  const server = createServer((request, response) => {
    record(request);
    request.resume();
    respond(response, requests);
  });
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
    record(request);
    socket.on('error', () => socket.destroy());
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${request.headers.upgrade}\r\n\r\n`);
    socket.pipe(socket);
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port, // a TCP server has no other kind of address
    requests,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}
