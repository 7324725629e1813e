import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileWatch } from './file-watch.ts';

let folder: string;
let watched: FileWatch;
let told: Promise<ReadonlySet<string>>;

const at = (...names: readonly string[]): string => join(folder, ...names);
const FILE = (): string => at('live', 'a.yaml');

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gh-'));
  await mkdir(at('live'));
  await writeFile(FILE(), 'a: 1');
});
afterEach(async () => {
  await watched.close();
  await rm(folder, { recursive: true });
});

/** Watches; `told` is settled by the next change. */
async function watch(path: string): Promise<void> {
  let tell: (files: ReadonlySet<string>) => void = () => undefined;
  const next = (): void => {
    told = new Promise((resolve) => {
      tell = resolve;
    });
  };
  next();
  watched = await FileWatch.open([path], {
    changed: (files) => {
      const said = tell;
      next();
      said(files);
    },
    failed: (why) => {
      throw new Error(why);
    },
  });
}

/** Waits until a change of the file is told and it says `text`; undefined: it is gone. */
async function until(text: string | undefined): Promise<void> {
  for (;;) {
    const files = await told;
    if (files.has(FILE()) && (await readFile(FILE(), 'utf8').catch(() => undefined)) === text) return;
  }
}

test.each([
  ['a folder', () => at('live')],
  ['the folder of a file', FILE],
])('%s that goes and comes back is followed again', async (_, path) => {
  await watch(path());
  const gone = until(undefined);
  await rename(at('live'), at('away'));
  await gone;
  const back = until('a: 1');
  await rename(at('away'), at('live'));
  await back;
  const edited = until('a: 2');
  await writeFile(FILE(), 'a: 2');
  await edited;
});

test('a folder whose place another takes at once is followed', async () => {
  await watch(at('live'));
  await mkdir(at('next'));
  await writeFile(at('next', 'a.yaml'), 'a: 2');
  const swapped = until('a: 2');
  execFileSync('sh', ['-c', 'mv live old && mv next live'], { cwd: folder });
  await swapped;
  const edited = until('a: 3');
  await writeFile(FILE(), 'a: 3');
  await edited;
});
