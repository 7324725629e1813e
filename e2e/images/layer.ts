import { createHash, type Hash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { copyFile, link, mkdir, mkdtemp, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { errorCode } from '../../operator/standalone/system-error.ts';
import type { ImageFile } from './image-file.ts';
import { packFolder } from './pack-folder.ts';

/** A layer of an image: an uncompressed tar, named by its own sha256. */
export interface Layer {
  readonly file: string;
  readonly digest: string;
  readonly size: number;
}

/**
 * The layer that holds `files`, made in `store` or found there: the same entries give the same bytes, whatever the machine's clock, user and
 * modes are. Rejects where two entries have one path.
 */
export async function layerOf(files: readonly ImageFile[], store: string): Promise<Layer> {
  const sorted = files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const twice = sorted.find(({ path }, i) => path === sorted[i + 1]?.path);
  if (twice !== undefined) throw new Error(`Two entries of one layer have the path ${twice.path}`);
  const file = join(store, `${await contentHash(sorted)}.tar`);
  if (!existsSync(file)) await makeLayer(sorted, file);
  return { file, digest: await fileHash(file), size: (await stat(file)).size };
}

async function makeLayer(files: readonly ImageFile[], file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const work = await mkdtemp(join(dirname(file), '.work-'));
  try {
    const root = join(work, 'root');
    await mkdir(root);
    for (const entry of files) await placeFile(entry, join(root, entry.path));
    await packFolder(root, join(work, 'layer.tar'));
    await rename(join(work, 'layer.tar'), file);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Makes `target` the file, link or folder that the entry is. */
export async function placeFile(entry: ImageFile, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  if ('folder' in entry) await mkdir(target, { recursive: true });
  else if ('link' in entry) await symlink(entry.link, target);
  else if ('text' in entry) await writeFile(target, entry.text, { mode: entry.executable ? 0o755 : 0o644 });
  else await linkOrCopy(entry.file, target);
}

/** Another name for the same file costs nothing; on another disk it has to be a copy. */
export async function linkOrCopy(source: string, target: string): Promise<void> {
  try {
    await link(source, target);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') throw error;
    await copyFile(source, target);
  }
}

/** Counts up when the same files are to be packed in another way. */
const FORMAT = 1;

/** What the bytes of the layer are a function of. */
async function contentHash(files: readonly ImageFile[]): Promise<string> {
  const hash = createHash('sha256').update(String(FORMAT));
  for (const entry of files) {
    hash.update(`\0${entry.path}\0`);
    await addContent(entry, hash);
  }
  return hash.digest('hex').slice(0, 32);
}

async function addContent(entry: ImageFile, hash: Hash): Promise<void> {
  if ('folder' in entry) hash.update('folder');
  else if ('link' in entry) hash.update(`link ${entry.link}`);
  else if ('text' in entry) hash.update(`text ${entry.executable === true} ${entry.text}`);
  else hash.update(`file ${(await isExecutable(entry.file)) ? 'x' : ''} `).update(await readFile(entry.file));
}

const isExecutable = async (file: string): Promise<boolean> => ((await stat(file)).mode & 0o111) !== 0;

/** sha256 in hexadecimal digits. */
export async function fileHash(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
