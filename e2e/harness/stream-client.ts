import { createSocket } from 'node:dgram';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

const ANSWER_MS = 5000;

/** A connection to a `StreamBackend` that stays open. */
export interface Stream {
  /** What the backend said first: its name. */
  readonly greeting: string;
  /** Sends a line and waits until it comes back; rejects where the connection has ended. */
  readonly echo: (line: string) => Promise<string>;
  readonly close: () => void;
}

export interface StreamChoice {
  readonly port: number;
  /** Speaks TLS and names this server; empty: names none. */
  readonly sni?: string;
  readonly alpn?: readonly string[];
  /** The client's first line, sent at once. */
  readonly says?: string;
}

/** Connects and waits for the greeting; rejects where the connection is refused or closed before. */
export async function openStream({ port, sni, alpn, says }: StreamChoice): Promise<Stream> {
  const plain = connect({ host: '127.0.0.1', port });
  const names = {
    ...(sni === undefined || sni === '' ? {} : { servername: sni }),
    ...(alpn === undefined ? {} : { ALPNProtocols: [...alpn] }),
  };
  const socket: Socket = sni === undefined ? plain : connectTls({ socket: plain, rejectUnauthorized: false, ...names });
  const lines = linesOf(socket);
  if (says !== undefined) socket.write(`${says}\n`);
  try {
    const greeting = await lines.next();
    return {
      greeting,
      echo: (line) => {
        socket.write(`${line}\n`);
        return lines.next();
      },
      close: () => socket.destroy(),
    };
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** Who serves a connection. */
export async function greetingOf(choice: StreamChoice): Promise<string> {
  const stream = await openStream(choice);
  stream.close();
  return stream.greeting;
}

function linesOf(socket: Socket): { readonly next: () => Promise<string> } {
  let text = '';
  let ended: Error | undefined;
  let wake: () => void = () => undefined;
  socket.setEncoding('utf8');
  socket.on('data', (part: string) => {
    text += part;
    wake();
  });
  const end = (error: Error): void => {
    ended ??= error;
    wake();
  };
  socket.on('error', end);
  socket.on('close', () => end(new Error('the connection was closed')));
  return {
    next: async () => {
      const late = setTimeout(() => end(new Error(`nothing came within ${ANSWER_MS} ms`)), ANSWER_MS);
      try {
        for (;;) {
          const [line, ...rest] = text.split('\n');
          if (line !== undefined && rest.length > 0) {
            text = rest.join('\n');
            return line;
          }
          if (ended !== undefined) throw ended;
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      } finally {
        clearTimeout(late);
      }
    },
  };
}

/** Sends a datagram from a port of its own and waits for the answer. */
export function askDatagram(port: number, message: string, waitMs = 1000): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    const late = setTimeout(() => {
      socket.close();
      reject(new Error(`no datagram came back within ${waitMs} ms`));
    }, waitMs);
    socket.on('message', (answer) => {
      clearTimeout(late);
      socket.close();
      resolve(answer.toString());
    });
    socket.send(message, port, '127.0.0.1');
  });
}
