import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { printCrds } from '../crds/print-crds.ts';

const MAIN = new URL('./main.ts', import.meta.url).pathname;

interface End {
  readonly code: number | null;
  readonly signal: string | null;
  readonly err: string;
}

/** The command as a process of its own; a number is a file's descriptor. */
function start(args: readonly string[], stdout: 'pipe' | number, stdin: 'ignore' | number = 'ignore') {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, ...args], { stdio: [stdin, stdout, 'pipe'] });
  const err = child.stderr === null ? Promise.resolve('') : text(child.stderr);
  const end = new Promise<End>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => err.then((said) => resolve({ code, signal, err: said }), reject));
  });
  return { child, end };
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gh-main-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('a signal ends a verb that waits for a pipe into which nobody writes', async () => {
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const { child, end } = start(['translate', '-f', pipe], 'pipe');
  await sleep(1500); // it has to be reading by then; if it is not, it ends all the same
  child.kill('SIGINT');
  expect(await end).toMatchObject({ code: null, signal: 'SIGINT' });
});

const ENDLESS = 'does not end within 256 MiB, which is the limit; make several files of it. Check what it is and its permissions.';

test.each([
  ['a device', ['translate', '-f', '/dev/zero'], 'ignore', '/dev/zero:1: cannot be read: it '],
  ['a device to be migrated', ['migrate', 'check', '-f', '/dev/zero'], 'ignore', '/dev/zero:1: cannot be read: it '],
  ['standard input', ['translate', '-f', '-'], '/dev/zero', '<stdin>:1: cannot be read: it '],
] as const)('%s without end is refused before it takes all memory', async (_name, args, input, said) => {
  const stdin = input === 'ignore' ? undefined : await open(input);
  const { code, err } = await start([...args], 'pipe', stdin?.fd).end;
  await stdin?.close();
  expect([code, err]).toEqual([1, `error: ${said}${ENDLESS}\n`]);
});

test('a pipe without end is refused, also where nobody closes it', async () => {
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const writer = spawn('sh', ['-c', 'exec 3>"$0"; head -c 300000000 /dev/zero >&3; exec sleep 600 >&3', pipe], { stdio: 'ignore' });
  const written = once(writer, 'close');
  const { code, err } = await start(['translate', '-f', pipe], 'pipe').end;
  writer.kill();
  await written;
  expect([code, err]).toEqual([1, expect.stringContaining(`pipe:1: cannot be read: it ${ENDLESS}`)]);
});

test('a pipe is read to its end', async () => {
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const writer = spawn('sh', ['-c', 'printf "kind: Secrt" >"$0"', pipe], { stdio: 'ignore' });
  const written = once(writer, 'close');
  const { code, err } = await start(['migrate', 'check', '-f', pipe], 'pipe').end;
  await written;
  expect([code, err]).toEqual([1, expect.stringContaining('pipe:1: this is no object.')]);
});

test('output to a file is whole', async () => {
  const file = await open(join(folder, 'crds.yaml'), 'w');
  expect(await start(['crds'], file.fd).end).toEqual({ code: 0, signal: null, err: '' });
  await file.close();
  expect(await readFile(join(folder, 'crds.yaml'), 'utf8')).toBe(printCrds());
});

test('output that cannot be written is an error', async () => {
  const full = await open('/dev/full', 'w');
  const { code, err } = await start(['version'], full.fd).end;
  await full.close();
  expect([code, err]).toEqual([
    1,
    expect.stringMatching(/^error: standard output: cannot be written: ENOSPC.* What is there is not whole\.\n$/),
  ]);
});

test('a reader that goes away is no error', async () => {
  const { child, end } = start(['crds'], 'pipe');
  child.stdout?.once('data', () => child.stdout?.destroy());
  expect(await end).toEqual({ code: 0, signal: null, err: '' });
});
