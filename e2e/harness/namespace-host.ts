/**
 * Runs inside a network namespace as the process that keeps it alive: echo backends on the namespace's address, and a relay on a Unix socket
 * through which the outside reaches ports of the inside. Arguments: path of the socket, address, ports of the backends.
 * Prints `ready` when all of it listens.
 */
import { startEchoBackend } from '../../operator/standalone/echo-backend.ts';
import { startRelay } from './relay.ts';

const [socketPath = '', address = '', ...ports] = process.argv.slice(2);

for (const port of ports) await startEchoBackend({ host: address, port: Number(port), identity: { pod: `pod-${port}` } });
await startRelay(socketPath);
console.log('ready');
