import { connect, createServer, type Server, type Socket } from 'node:net';
import { JoinedSockets } from './joined-sockets.ts';

/**
 * A way into a network namespace by a Unix socket, which knows no network: a connection says `<port>` or `<address>:<port>` and a line feed first
 * (without an address: of 127.0.0.1), and the rest is for that. Resolves when it listens.
 */
export async function startRelay(socketPath: string): Promise<Server> {
  const server = createServer(relay);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath, resolve);
  });
  return server;
}

const joined = new JoinedSockets();

function relay(outside: Socket): void {
  outside.on('error', () => outside.destroy());
  outside.once('data', (first: Buffer) => {
    const end = first.indexOf('\n');
    outside.pause();
    const [port, host = '127.0.0.1'] = first.subarray(0, end).toString().split(':').toReversed();
    const inside = connect({ host, port: Number(port), noDelay: true });
    const rest = first.subarray(end + 1);
    if (rest.length > 0) inside.write(rest);
    joined.join(outside, inside);
  });
}
