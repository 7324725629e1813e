import { once } from 'node:events';
import { startHealthEndpoint } from '../health-endpoint.ts';

/** A process with a health endpoint, whose main thread stands still for some seconds when it is told to. */
const health = await startHealthEndpoint({ host: '127.0.0.1', port: 0 }, { stuckBeats: 2 });
process.stdout.write(`${health.port}\n`);
await once(process.stdin, 'data');
process.stdout.write('stalls\n');
await new Promise((resolve) => setImmediate(resolve));
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 6_000);
process.stdout.write('goes on\n');
process.stdin.resume();
