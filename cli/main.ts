import { fstatSync, writeFileSync } from 'node:fs';
import type { DisplayStream } from '../operator/standalone/display.ts';
import { errorCode, errorText } from '../operator/standalone/system-error.ts';
import { EXIT, type Session } from './session.ts';

const stop = new AbortController();
const force = new AbortController();
/** Whether the verb has asked for `stop`: it ends in order. All others hold nothing that would have to be let go. */
let endsInOrder = false;

/** The first signal ends it in order, the second at once. */
function onSignal(signal: NodeJS.Signals): void {
  if (!endsInOrder) endBy(signal);
  if (stop.signal.aborted) {
    force.abort();
    process.exit(EXIT.failed);
  }
  stop.abort(new Error('stopped'));
}

/** As if nobody had listened to the signal: that also ends a read of a pipe into which nobody writes, and process.exit waits for it. */
function endBy(signal: NodeJS.Signals): never {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  process.exit(EXIT.failed); // the first process of a container is immune
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);

let isOutputLost = false;

/** Whoever reads our output may go away (`| head`), which is no error of ours. What cannot be written for another reason must not look fine. */
function onOutputError(error: unknown): void {
  if (errorCode(error) === 'EPIPE') {
    if (!endsInOrder) process.exit(EXIT.fine);
    stop.abort(new Error('nobody reads the output'));
  } else if (!isOutputLost) {
    isOutputLost = true;
    process.stderr.write(`error: standard output: cannot be written: ${errorText(error)}. What is there is not whole.\n`);
  }
}
process.stdout.on('error', onOutputError);
// Nothing is left to tell it to.
process.stderr.on('error', () => undefined);

/** Node's stream for files takes a part that could be written for the whole. */
const fileOutput: DisplayStream = {
  write: (text) => {
    try {
      writeFileSync(process.stdout.fd, text);
    } catch (error) {
      onOutputError(error);
    }
  },
};

function isFile(fd: number): boolean {
  try {
    return fstatSync(fd).isFile();
  } catch {
    return false; // closed
  }
}

const [verb, ...rest] = process.argv.slice(2);
const session: Session = {
  stdin: process.stdin,
  stdout: isFile(process.stdout.fd) ? fileOutput : process.stdout,
  stderr: process.stderr,
  environment: process.env,
  get stop() {
    endsInOrder = true;
    return stop.signal;
  },
  force: force.signal,
};
// The one beside every proxy must be small: nothing else is loaded for it.
const code =
  verb === 'envoy'
    ? await (await import('./envoy.ts')).envoy(rest, session)
    : await (await import('./program.ts')).gatehouse(process.argv.slice(2), session);
// Output to a pipe is written in the background, and process.exit would cut it off.
process.stdout.write('', (error) => {
  if (error) onOutputError(error);
  process.exit(isOutputLost && !endsInOrder ? EXIT.failed : code);
});
