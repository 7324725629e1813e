import { chmod, mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeArchive } from './archive.ts';
import type { ImageFile, ImageRecipe } from './image-file.ts';
import { unpackImage } from './unpacked-image.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-archive-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A program written at another time, by somebody whose files are private. */
async function program(name: string, time: number, mode: number, text = 'program'): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, text);
  await chmod(file, mode);
  await utimes(file, time, time);
  return file;
}

const recipe = (files: readonly ImageFile[]): ImageRecipe => ({
  name: 'docker.io/gatehouse/sample:1',
  layers: [files],
  entrypoint: ['/usr/bin/program'],
  environment: ['PATH=/usr/bin'],
  ports: [80],
});

const filesWith = (file: string): readonly ImageFile[] => [
  { path: '/usr/bin/program', file },
  { path: '/etc/passwd', text: 'nobody' },
  { path: '/usr/bin/other', link: 'program' },
  { path: '/tmp', folder: true },
];

const write = (name: string, files: readonly ImageFile[]) =>
  writeArchive(recipe(files), join(folder, name, 'image.tar'), join(folder, name, 'layers'));

test('the same files give the same bytes, whenever and by whomever they were written, in whatever order they are named', async () => {
  const first = await write('first', filesWith(await program('a', 1_000_000, 0o700)));
  const second = await write('second', filesWith(await program('b', 2_000_000, 0o755)).toReversed());
  expect(first.found).toBe(false);
  expect(second).toEqual({ ...first, file: second.file, layers: second.layers });
  expect((await readFile(first.file)).equals(await readFile(second.file))).toBe(true);
});

test('other content, another mode, another setting: another image, under the same file name', async () => {
  const { id } = await write('image', filesWith(await program('a', 1, 0o755)));
  expect((await write('image', filesWith(await program('a', 1, 0o755)))).found).toBe(true);
  const changed = await write('image', filesWith(await program('a', 1, 0o755, 'newer')));
  const plain = await write('image', filesWith(await program('a', 1, 0o644, 'newer')));
  const renamed = await writeArchive(
    { ...recipe(filesWith(join(folder, 'a'))), name: 'docker.io/gatehouse/sample:2' },
    plain.file,
    join(folder, 'image', 'layers'),
  );
  expect([changed, plain, renamed].map(({ found }) => found)).toEqual([false, false, false]);
  expect(new Set([id, changed.id, plain.id]).size).toBe(3);
});

test('what is in it comes out again', async () => {
  const { file } = await write('image', filesWith(await program('a', 1, 0o700)));
  const { root, configuration, remove } = await unpackImage(file);
  try {
    expect(await readFile(join(root, 'usr/bin/other'), 'utf8')).toBe('program');
    expect(configuration.config).toEqual({
      User: '65532:65532',
      WorkingDir: '/',
      Env: ['PATH=/usr/bin'],
      Entrypoint: ['/usr/bin/program'],
      ExposedPorts: { '80/tcp': {} },
    });
  } finally {
    await remove();
  }
});

test('a run that was broken off leaves an archive that is written anew', async () => {
  const { file } = await write('image', filesWith(await program('a', 1, 0o755)));
  await rm(`${file}.id`);
  await writeFile(file, 'half');
  expect((await write('image', filesWith(join(folder, 'a')))).found).toBe(false);
  expect((await readFile(file)).length).toBeGreaterThan(1000);
});

test('one path has one content', async () => {
  await mkdir(join(folder, 'image'));
  const twice = [{ path: '/a', text: '1' } as const, { path: '/a', text: '2' } as const];
  await expect(write('image', twice)).rejects.toThrow('Two entries of one layer have the path /a');
});
