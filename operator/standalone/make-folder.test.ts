import { mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFolder } from './make-folder.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gh-folder-'));
});
afterEach(() => rm(folder, { recursive: true }));

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o7777;

test('a folder and those above it are made, all of one mode; one that is there stays as it is', async () => {
  await makeFolder(join(folder, 'a/b/c'), 0o700);
  expect([await modeOf(join(folder, 'a')), await modeOf(join(folder, 'a/b/c'))]).toEqual([0o700, 0o700]);
  await makeFolder(join(folder, 'a/b/c/'), 0o750);
  expect(await modeOf(join(folder, 'a/b/c'))).toBe(0o700);
});

test('a link to a folder is one; a file, or a link to nothing, is not', async () => {
  await symlink(folder, join(folder, 'link'));
  await makeFolder(join(folder, 'link/a'));
  await makeFolder(join(folder, 'link'));
  await writeFile(join(folder, 'file'), '');
  await expect(makeFolder(join(folder, 'file'))).rejects.toThrow('EEXIST');
  await expect(makeFolder(join(folder, 'file/a'))).rejects.toThrow('ENOTDIR');
  await symlink('/nowhere', join(folder, 'lost'));
  await expect(makeFolder(join(folder, 'lost'))).rejects.toThrow('EEXIST');
});

test.each(['/proc/x', '/proc/x/y/z'])('%s ends, and says where no folder can be made', async (path) => {
  await expect(makeFolder(path)).rejects.toThrow('the file system of /proc takes no new folders');
});

test('a path of nothing is none', async () => {
  await expect(makeFolder('')).rejects.toThrow('ENOENT');
});
