import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from '../../operator/standalone/binaries/process-lock.ts';
import { startProcess } from './managed-process.ts';
import { until } from './until.ts';

test('a process that ignores SIGTERM is killed in the end', async () => {
  const stubborn = await startProcess({
    name: 'stubborn',
    command: 'sh',
    args: ['-c', 'trap "" TERM; echo up; while :; do sleep 0.1; done'],
  });
  await until('it is up', async () => stubborn.logs().includes('up') || undefined);
  await stubborn.stop('SIGTERM', 200);
  expect(await stubborn.ended).toBe('SIGKILL');
  expect(stubborn.isRunning()).toBe(false);
});

test('what cannot be started is named', async () => {
  await expect(startProcess({ name: 'etcd', command: '/no/such/file', args: [] })).rejects.toThrow('etcd cannot be started');
});

test('a process ends when whoever started it is killed', async () => {
  const module = JSON.stringify(join(import.meta.dirname, 'managed-process.ts'));
  const script = `const { startProcess } = await import(${module});
    const child = await startProcess({ name: 'sleep', command: 'sleep', args: ['600'] });
    console.log(child.pid);
    setInterval(() => {}, 1000);`;
  const starter = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(starter.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  expect(isAlive(pid)).toBe(true);
  starter.kill('SIGKILL');
  await until('the child is gone', async () => !isAlive(pid) || isZombie(pid) || undefined);
});

/** Where process 1 reaps nobody, a dead orphan keeps its number. */
function isZombie(pid: number): boolean {
  return existsSync(`/proc/${pid}/stat`) && readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
}
