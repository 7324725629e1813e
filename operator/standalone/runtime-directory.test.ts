import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { identifyProcess, identityText, isRunning } from './process-identity.ts';
import { openRuntimeDirectory } from './runtime-directory.ts';

let base: string;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'gh-'));
});
afterEach(() => rm(base, { recursive: true, force: true }));

test('what a killed predecessor left is ended and cleared away; what lives is left alone', async () => {
  const left = spawn('sleep', ['1000'], { stdio: 'ignore' });
  const other = spawn('sleep', ['1000'], { stdio: 'ignore' });
  const [leftId, otherId] = [identifyProcess(left.pid ?? 0), identifyProcess(other.pid ?? 0)];
  if (leftId === undefined || otherId === undefined) throw new Error('sleep does not run');
  const note = async (run: string, owner: string, proxy: string): Promise<void> => {
    await mkdir(join(base, run));
    await writeFile(join(base, run, 'owner.pid'), owner);
    await writeFile(join(base, run, '1.pid'), proxy);
  };
  await note('run-1', identityText({ pid: process.pid, startedAt: 'another time' }), identityText(leftId));
  await note('run-2', identityText(otherId), identityText(otherId));
  const lines: string[] = [];
  await openRuntimeDirectory(base, (line) => lines.push(line));
  expect(lines).toEqual([expect.stringContaining(`ended process ${left.pid}`)]);
  expect([isRunning(leftId), isRunning(otherId)]).toEqual([false, true]);
  await expect(stat(join(base, 'run-1'))).rejects.toThrow('ENOENT');
  await expect(stat(join(base, 'run-2'))).resolves.toBeDefined();
  other.kill('SIGKILL');
}, 60_000);

test.each([
  ['no path', () => '', /^'': the runtime directory cannot be made \(ENOENT: .*\)\. Name another one\.$/],
  ['a path through a file', () => join(base, 'file', 'x'), /file\/x: the runtime directory cannot be made \(ENOTDIR: .*\)/],
  ['a file', () => join(base, 'file'), /file: the runtime directory cannot be made \(EEXIST: .*\)/],
  ['a file system without folders of ours', () => '/proc/gh', /gh: .* cannot be made \(the file system of \/proc takes no new folders\)/],
  [
    'a folder of everybody',
    () => tmpdir(),
    /: is not a folder that only you can write to\. Name another runtime directory, or make it so\.$/,
  ],
  ['a path too long for sockets', () => join(base, 'x'.repeat(80)), /: is too long for Unix sockets in it\./],
])('%s is refused with the cure', async (_, path, words) => {
  await writeFile(join(base, 'file'), '');
  await expect(openRuntimeDirectory(path(), () => undefined)).rejects.toThrow(words);
});
