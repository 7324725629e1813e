import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { listenOnLoopback } from './loopback.ts';

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
  server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
    record(request);
    socket.on('error', () => socket.destroy());
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${request.headers.upgrade}\r\n\r\n`);
    socket.pipe(socket);
  });
  return { ...(await listenOnLoopback(server)), requests };
}
