/**
 * Runs inside a network namespace: one echo backend on each of several addresses, as Pods have them, which calls itself by its address. Arguments: the
 * port, the addresses. Prints `ready` when all of it listens.
 */
import { startEchoBackend } from '../../operator/standalone/echo-backend.ts';

const [port = '', ...addresses] = process.argv.slice(2);

for (const host of addresses) await startEchoBackend({ host, port: Number(port), identity: { pod: host } });
console.log('ready');
