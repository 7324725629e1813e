import { EXIT, type Session } from './session.ts';

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

const [verb, ...rest] = process.argv.slice(2);
const session: Session = {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  environment: process.env,
  stop: stop.signal,
  force: force.signal,
};
// The one beside every proxy must be small: nothing else is loaded for it.
const code =
  verb === 'envoy'
    ? await (await import('./envoy.ts')).envoy(rest, session)
    : await (await import('./program.ts')).gatehouse(process.argv.slice(2), session);
// Output to a pipe is written in the background, and process.exit would cut it off.
process.stdout.write('', () => process.exit(code));
