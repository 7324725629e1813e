import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { gatehouseVersion } from '../../cli/version.ts';
import { withProcessLock } from '../../operator/standalone/binaries/process-lock.ts';
import { runCommand } from '../../operator/standalone/binaries/run-command.ts';
import type { StepReport } from '../../operator/standalone/binaries/step-report.ts';
import { type ImageArchive, writeArchive } from './archive.ts';
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
    const built = await buildProgram(folder);
    const archives = {
      operator: await write(await operatorRecipe(version, built), 'gatehouse', folder, report),
      envoy: await write(await envoyRecipe(report), 'envoy', folder, report),
      echo: await write(await echoRecipe(version), 'echo', folder, report),
    };
    await removeUnused(folder, Object.values(archives));
    return archives;
  });
}

/** JavaScript of the sources as they are; from an empty folder, so that nothing is left of sources that are gone. */
export async function buildProgram(folder: string): Promise<string> {
  const built = join(folder, 'dist');
  await rm(built, { recursive: true, force: true });
  const compiler = join(ROOT, 'node_modules', '.bin', 'tsc');
  const settings = ['--project', 'tsconfig.build.json', '--sourceMap', 'false', '--outDir', built];
  const { ok, stdout, reason } = await runCommand(compiler, settings, { cwd: ROOT });
  if (!ok) throw new Error(`The sources cannot be compiled: ${reason}\n${stdout}`);
  return built;
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
