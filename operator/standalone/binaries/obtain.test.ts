import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { obtain, type Source, type Tool } from './obtain.ts';
import { stepReport } from './step-report.ts';

describe('a tool', () => {
  let cache: string;
  let home: string;
  let shown: string;
  const report = stepReport({ write: (text: string) => (shown += text) });

  beforeEach(async () => {
    shown = '';
    cache = await mkdtemp(join(tmpdir(), 'gatehouse-cache-'));
    home = join(cache, 'gatehouse', 'hammer');
  });

  afterEach(() => rm(cache, { recursive: true }));

  const giving = (name: string, content: string, version = '1.0.0'): Source => ({
    name,
    version,
    needsNetwork: true,
    fill: (into) => writeFile(join(into, 'hammer'), content),
  });
  const failing = (name: string, why: string): Source => ({
    name,
    version: '1.0.0',
    needsNetwork: true,
    fill: async (into) => {
      await writeFile(join(into, 'hammer'), 'half of it');
      throw new Error(why);
    },
  });
  const hammer = (...sources: Source[]): Tool => ({
    name: 'Hammer',
    folder: 'hammer',
    files: ['hammer'],
    sources,
    verify: async (folder) => {
      if ((await readFile(join(folder, 'hammer'), 'utf8')) === 'broken') throw new Error('it does not hit');
    },
    cure: 'Buy one.',
  });
  const get = (tool: Tool, environment: Record<string, string> = {}) => obtain(tool, report, { XDG_CACHE_HOME: cache, ...environment });
  const cached = () => readFile(join(home, '1.0.0', 'hammer'), 'utf8');

  test('comes from the first source that works, and is cached', async () => {
    const tool = hammer(failing('shop', 'it is closed'), giving('friend', 'good'), giving('attic', 'rusty'));
    expect(await get(tool)).toEqual({ folder: join(home, '1.0.0'), version: '1.0.0', source: 'friend' });
    expect(await cached()).toBe('good');
    expect(shown).toContain('Hammer: not from shop: it is closed\n');
    expect(await get(hammer(failing('shop', 'it is closed')))).toMatchObject({ source: 'cache' });
  });

  test('is cached under the version of the source it came from', async () => {
    const tool = hammer(failing('shop', 'it is closed'), giving('friend', 'good', '2.0.0'));
    expect((await get(tool)).folder).toBe(join(home, '2.0.0'));
    expect(await get(tool)).toEqual({ folder: join(home, '2.0.0'), version: '2.0.0', source: 'cache' });
  });

  test('is not cached where it is incomplete or does not work', async () => {
    const nothing: Source = { ...giving('shop', ''), fill: async () => undefined };
    const attempt = get(hammer(nothing, giving('friend', 'broken')));
    await expect(attempt).rejects.toThrow('Hammer could not be had:\n  shop: it gives no hammer\n  friend: it does not hit\nBuy one.');
    expect(await readdir(home)).toEqual([]);
  });

  test('that stopped working in the cache is got anew', async () => {
    await mkdir(join(home, '1.0.0'), { recursive: true });
    await writeFile(join(home, '1.0.0', 'hammer'), 'broken');
    expect(await get(hammer(giving('shop', 'good')))).toMatchObject({ source: 'shop' });
    expect(await cached()).toBe('good');
  });

  test('whose last fetch was killed half way is got as if nothing had been', async () => {
    const dead = 2 ** 22 + 1;
    await mkdir(join(home, `.work-${dead}-abc`, 'fresh'), { recursive: true });
    await writeFile(join(home, '.lock'), String(dead));
    expect(await get(hammer(giving('shop', 'good')))).toMatchObject({ source: 'shop' });
    expect(await readdir(home)).toEqual(['1.0.0']);
  });

  test('comes only from the cache and from sources without network when offline', async () => {
    const offline = { GATEHOUSE_OFFLINE: '1' };
    await expect(get(hammer(giving('shop', 'good')), offline)).rejects.toThrow('shop: GATEHOUSE_OFFLINE=1 forbids it');
    const tool = hammer(giving('shop', 'good'), { ...giving('attic', 'rusty'), needsNetwork: false });
    expect(await get(tool, offline)).toMatchObject({ source: 'attic' });
  });
});
