import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive, withProcessLock } from './process-lock.ts';

describe('a process lock', () => {
  let folder: string;
  let lock: string;
  const silent = { line: () => undefined, progress: () => undefined };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-lock-'));
    lock = join(folder, 'lock');
  });

  afterEach(() => rm(folder, { recursive: true }));

  test('lets one in at a time and says what the other waits for', async () => {
    const events: string[] = [];
    const firstIsIn = Promise.withResolvers<void>();
    const firstMayLeave = Promise.withResolvers<void>();
    const secondWaits = Promise.withResolvers<string>();
    const first = withProcessLock(lock, silent, async () => {
      events.push('first begins');
      firstIsIn.resolve();
      await firstMayLeave.promise;
      events.push('first ends');
    });
    await Promise.race([firstIsIn.promise, first]);
    const second = withProcessLock(lock, { ...silent, line: secondWaits.resolve }, async () => {
      events.push('second');
    });
    expect(await Promise.race([secondWaits.promise, second])).toContain(`waiting for process ${process.pid}`);
    expect(events).toEqual(['first begins']);
    firstMayLeave.resolve();
    await Promise.all([first, second]);
    expect(events).toEqual(['first begins', 'first ends', 'second']);
    expect(await readdir(folder)).toEqual([]);
  });

  test('of a process that died is taken over', async () => {
    const dead = 2 ** 22 + 1;
    expect(isAlive(dead)).toBe(false);
    await writeFile(lock, String(dead));
    expect(await withProcessLock(lock, silent, async () => 'in')).toBe('in');
  });

  test('is free again after a task that failed', async () => {
    const failing = withProcessLock(lock, silent, () => Promise.reject(new Error('no luck')));
    await expect(failing).rejects.toThrow('no luck');
    expect(await readdir(folder)).toEqual([]);
  });
});
