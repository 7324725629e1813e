/**
 * Runs inside a network namespace as the process that keeps it alive: echo backends on the namespace's address, and a relay on a Unix socket
 * through which the outside reaches ports of the inside. Arguments: path of the socket, address, ports of the backends.
 * Prints `ready` when all of it listens.
 */
import { connect, createServer, type Socket } from 'node:net';
import { startEchoBackend } from '../../operator/standalone/echo-backend.ts';

const [socketPath = '', address = '', ...ports] = process.argv.slice(2);

/** A connection says `<port>` and a line feed first; the rest is for that port of 127.0.0.1. */
function relay(outside: Socket): void {
  outside.on('error', () => outside.destroy());
  outside.once('data', (first: Buffer) => {
    const end = first.indexOf('\n');
    outside.pause();
    const inside = connect({ host: '127.0.0.1', port: Number(first.subarray(0, end)), noDelay: true });
    const rest = first.subarray(end + 1);
    if (rest.length > 0) inside.write(rest);
    inside.on('error', () => outside.destroy());
    inside.on('close', () => outside.destroy());
    outside.on('close', () => inside.destroy());
    inside.pipe(outside);
    outside.pipe(inside);
  });
}

for (const port of ports) await startEchoBackend({ host: address, port: Number(port), identity: { pod: `pod-${port}` } });
const server = createServer(relay);
await new Promise<void>((resolve, reject) => {
  server.once('error', reject);
  server.listen(socketPath, resolve);
});
console.log('ready');
