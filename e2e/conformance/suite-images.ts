import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StepReport } from '../../operator/standalone/binaries/step-report.ts';
import { GATEWAY_API_VERSION } from '../harness/gateway-api-crds.ts';
import { goModuleFolder } from '../harness/go-module.ts';
import { type ImageArchive, writeArchive } from '../images/archive.ts';
import { IMAGE_FOLDER } from '../images/image-archives.ts';
import type { ImageRecipe } from '../images/image-file.ts';
import { runtimeFiles } from '../images/runtime-files.ts';
import type { SuitePrograms } from './suite-programs.ts';

/** The suite's manifests are in its module, those for meshes among them. */
const suiteModule = {
  path: 'sigs.k8s.io/gateway-api/conformance',
  version: GATEWAY_API_VERSION,
  sum: 'h1:UxhSb1GrDsyl+PdKe3g8a/BFWgP6hzy2PPFmZRgqeMQ=',
};
const MANIFESTS = ['base/*.yaml', 'tests/*.yaml'];

const PATH = 'PATH=/usr/local/bin:/usr/bin:/bin';

/** The images that the suite's manifests for Gateways name, sorted. */
export async function namedImages(): Promise<readonly string[]> {
  const folder = await goModuleFolder(suiteModule);
  const names = new Set<string>();
  for (const file of globSync(MANIFESTS, { cwd: folder })) {
    const text = await readFile(join(folder, file), 'utf8');
    for (const [, name = ''] of text.matchAll(/^\s*(?:- )?image: *["']?([^\s"']+)/gm)) names.add(name);
  }
  return [...names].toSorted();
}

/**
 * Archives with all images that the suite names, put together from what its own module holds: machines that reach no registry run the same as others.
 * Rejects where it names one that nobody has a recipe for.
 */
export async function ensureSuiteImages(programs: SuitePrograms, report: StepReport): Promise<readonly ImageArchive[]> {
  const archives: ImageArchive[] = [];
  for (const name of await namedImages()) {
    const file = join(IMAGE_FOLDER, `${name.replaceAll(/[^\w.-]+/g, '-')}.tar`);
    const archive = await writeArchive(await recipeOf(name, programs), file, join(IMAGE_FOLDER, 'conformance-layers'));
    if (!archive.found) report.line(`written: ${archive.name} in ${archive.file}`);
    archives.push(archive);
  }
  return archives;
}

async function recipeOf(name: string, programs: SuitePrograms): Promise<ImageRecipe> {
  const [, repository = ''] = /\/([\w-]+):[^/]*$/.exec(name) ?? [];
  const program = { 'echo-basic': programs.echo, coredns: programs.coreDns }[repository];
  if (program === undefined)
    throw new Error(`The conformance suite names the image ${name}, for which there is no recipe in ${import.meta.filename}`);
  return {
    name,
    layers: [await runtimeFiles([]), [{ path: `/${repository}`, file: program }]],
    entrypoint: [`/${repository}`],
    environment: [PATH],
    // CoreDNS serves port 53, and the suite lets it by a right that only root can be given in a pod.
    ...(repository === 'coredns' ? { user: 0 } : {}),
    ports: [],
  };
}
