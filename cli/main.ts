import { gatehouse } from './program.ts';
import { EXIT } from './session.ts';

const stop = new AbortController();
const force = new AbortController();

/** The first signal ends it in order, the second at once. */
function onSignal(): void {
  if (stop.signal.aborted) {
    force.abort();
    process.exit(EXIT.failed);
  }
  stop.abort(new Error('stopped'));
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
// Whoever reads our output may go away (`| head`): that is no error of ours.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => process.exit(EXIT.fine));

const code = await gatehouse(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  environment: process.env,
  stop: stop.signal,
  force: force.signal,
});
// Output to a pipe is written in the background, and process.exit would cut it off.
process.stdout.write('', () => process.exit(code));
