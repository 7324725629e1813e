import { PassThrough } from 'node:stream';
import { createLogging } from '../logging.ts';
import { activeOf } from './envoy-admin.ts';
import { droppedListener, EnvoyLog, parseLogLine } from './envoy-log.ts';
import { deathProblem } from './envoy-process.ts';

test('a line of Envoy has level, component and message; escapes are undone', () => {
  expect(parseLogLine(String.raw`critical|main|error \'x\'\n  y`)).toEqual({ level: 'error', component: 'main', message: "error 'x' y" });
  expect(parseLogLine('warning|config|careful')).toEqual({ level: 'warn', component: 'config', message: 'careful' });
  expect(parseLogLine('terminate called after throwing')).toBeUndefined();
});

test('a listener that Envoy drops is told with the words of the system', () => {
  const line = String.raw`error|config|final pre-worker listener init for listener \'default/eg/http\' failed: cannot listen() errno=98`;
  expect(droppedListener(parseLogLine(line)?.message ?? '')).toEqual({
    listener: 'default/eg/http',
    message: 'cannot listen() errno=98 (address already in use)',
  });
  expect(droppedListener("listener 'x' failed to bind or apply socket options")).toBeUndefined();
});

async function wordsOf(...lines: readonly string[]): Promise<string> {
  const sink = new PassThrough();
  const stderr = new PassThrough();
  const log = new EnvoyLog(
    createLogging({ encoder: 'JSON', levels: {}, stream: sink }).component('infrastructure'),
    'default/eg',
    () => undefined,
  );
  log.follow(new PassThrough(), stderr);
  stderr.end(lines.join('\n'));
  await new Promise((done) => stderr.once('close', done));
  await new Promise(setImmediate);
  return log.lastWords();
}

test('the last words are errors, not warnings, and anything else only where there is none', async () => {
  expect(await wordsOf('warning|main|no limit', 'error|config|bad cluster', 'raw text')).toBe('bad cluster');
  expect(await wordsOf('warning|main|no limit', 'Segmentation fault')).toBe('Segmentation fault');
});

test('a port that cannot be bound is told with its cure', () => {
  const words = "listener 'x' failed to bind or apply socket options: cannot bind '127.0.0.1:8888': Address already in use";
  expect(deathProblem('ended with exit code 1', words)).toBe(
    "Envoy cannot bind 127.0.0.1:8888: already in use by another process. Change the listener's port or stop that process.",
  );
  expect(deathProblem('was ended by SIGKILL', '')).toBe('Envoy was ended by SIGKILL. It is started again after a pause.');
});

test('what is active: requests of listeners, not of the admin interface; connections where none are counted', () => {
  expect(activeOf('http.admin.downstream_rq_active: 1\nhttp.http-80.downstream_rq_active: 2\nserver.total_connections: 9\n')).toBe(2);
  expect(activeOf('http.admin.downstream_rq_active: 1\nserver.total_connections: 3\n')).toBe(3);
});
