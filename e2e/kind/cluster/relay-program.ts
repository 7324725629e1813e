/** Runs in the network of a Docker daemon of our own: the way into it, at the Unix socket that is its argument. Prints `ready`. */
import { startRelay } from '../../harness/relay.ts';

await startRelay(process.argv[2] ?? '');
console.log('ready');
