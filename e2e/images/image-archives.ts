import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { gatehouseVersion } from '../../cli/version.ts';
import { withProcessLock } from '../../operator/standalone/binaries/process-lock.ts';
import type { StepReport } from '../../operator/standalone/binaries/step-report.ts';
import { type ImageArchive, writeArchive } from './archive.ts';
import { bundleProgram } from './bundle.ts';
import type { ImageRecipe } from './image-file.ts';
import { echoRecipe, envoyRecipe, operatorRecipe } from './recipes.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Where `make images` puts what it makes. */
export const IMAGE_FOLDER = join(ROOT, 'build', 'images');

/** The images of a cluster with Gatehouse, in archives of this checkout. */
export interface ImageArchives {
  readonly operator: ImageArchive;
  readonly envoy: ImageArchive;
  readonly echo: ImageArchive;
}

/**
 * Brings the archives up to date with the sources, packages and Envoy of this machine: no registry of images, no container engine, no root. What
 * has not changed is not made again. Rejects with an Error that says what is missing.
 */
export async function ensureImages(report: StepReport, folder = IMAGE_FOLDER): Promise<ImageArchives> {
  return await withProcessLock(join(folder, '.lock'), report, async () => {
    const version = gatehouseVersion();
    const bundle = await bundleProgram(join(folder, 'dist'));
    const archives = {
      operator: await write(await operatorRecipe(version, bundle), 'gatehouse', folder, report),
      envoy: await write(await envoyRecipe(report), 'envoy', folder, report),
      echo: await write(await echoRecipe(version), 'echo', folder, report),
    };
    await removeUnused(folder, Object.values(archives));
    return archives;
  });
}

/** Layers of earlier sources; each new build would leave one. */
async function removeUnused(folder: string, archives: readonly ImageArchive[]): Promise<void> {
  const used = new Set(archives.flatMap(({ layers }) => layers.map(({ file }) => file)));
  const files = (await readdir(join(folder, 'layers'))).map((name) => join(folder, 'layers', name));
  await Promise.all(files.filter((file) => !used.has(file)).map((file) => rm(file, { recursive: true })));
}

async function write(recipe: ImageRecipe, name: string, folder: string, report: StepReport): Promise<ImageArchive> {
  const archive = await writeArchive(recipe, join(folder, `${name}.tar`), join(folder, 'layers'));
  report.line(`${archive.found ? 'unchanged' : 'written'}: ${archive.name} in ${archive.file}`);
  return archive;
}
