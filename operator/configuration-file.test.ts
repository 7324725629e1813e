import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './cluster/testing/until.ts';
import { ConfigurationFile } from './configuration-file.ts';

let folder: string;
let file: ConfigurationFile | undefined;
let heard: (string | undefined)[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gh-configuration-file-'));
  heard = [];
});
afterEach(async () => {
  await file?.close();
  await rm(folder, { recursive: true, force: true });
});

const follow = (path: string, text: string): void => {
  file = new ConfigurationFile({ path, text, onText: (each) => void heard.push(each) });
};
const hears = (...texts: readonly (string | undefined)[]): Promise<void> =>
  until(`${texts}`, () => JSON.stringify(heard) === JSON.stringify(texts));

test('a file that is written, replaced, taken away and brought back', async () => {
  const path = join(folder, 'a.yaml');
  await writeFile(path, 'one');
  follow(path, 'one');
  await writeFile(path, 'two');
  await hears('two');
  await writeFile(join(folder, 'b.yaml'), 'three');
  await rename(join(folder, 'b.yaml'), path);
  await hears('two', 'three');
  await rm(path);
  await hears('two', 'three', undefined);
  await writeFile(path, 'three');
  await hears('two', 'three', undefined, 'three');
});

test('a mounted ConfigMap, whose links are swapped', async () => {
  const version = async (name: string, text: string): Promise<void> => {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, 'a.yaml'), text);
    await symlink(name, join(folder, '..data_tmp'));
    await rename(join(folder, '..data_tmp'), join(folder, '..data'));
  };
  await version('..1', 'one');
  await symlink(join('..data', 'a.yaml'), join(folder, 'a.yaml'));
  follow(join(folder, 'a.yaml'), 'one');
  await version('..2', 'two');
  await rm(join(folder, '..1'), { recursive: true });
  await hears('two');
  await version('..3', 'two');
  await version('..4', 'four');
  await hears('two', 'four');
});

test('what was written between its reading and its watching is not missed', async () => {
  const path = join(folder, 'a.yaml');
  await writeFile(path, 'newer');
  follow(path, 'older');
  await hears('newer');
});
