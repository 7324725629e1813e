import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive, withProcessLock } from './process-lock.ts';
import { stepReport } from './step-report.ts';

describe('a process lock', () => {
  let folder: string;
  let shown: string;
  const report = stepReport({ write: (text: string) => (shown += text) });

  beforeEach(async () => {
    shown = '';
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-lock-'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  test('lets one in at a time and says what the other waits for', async () => {
    const events: string[] = [];
    const inside = Promise.withResolvers<void>();
    const task = (name: string, until: Promise<void>) =>
      withProcessLock(join(folder, 'lock'), report, async () => {
        events.push(`${name} begins`);
        await until;
        events.push(`${name} ends`);
      });
    const first = task('first', inside.promise);
    while (!events.includes('first begins')) await new Promise(setImmediate);
    const second = task('second', Promise.resolve());
    while (!shown.includes('waiting for')) await new Promise(setImmediate);
    expect(events).toEqual(['first begins']);
    inside.resolve();
    await Promise.all([first, second]);
    expect(events).toEqual(['first begins', 'first ends', 'second begins', 'second ends']);
    expect(await readdir(folder)).toEqual([]);
  });

  test('of a process that died is taken over', async () => {
    const dead = 2 ** 22 + 1;
    expect(isAlive(dead)).toBe(false);
    await writeFile(join(folder, 'lock'), String(dead));
    expect(await withProcessLock(join(folder, 'lock'), report, async () => 'in')).toBe('in');
  });

  test('is free again after a task that failed', async () => {
    const failing = withProcessLock(join(folder, 'lock'), report, () => Promise.reject(new Error('no luck')));
    await expect(failing).rejects.toThrow('no luck');
    expect(await readdir(folder)).toEqual([]);
  });
});
