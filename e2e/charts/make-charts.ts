/** `make charts`: writes our CustomResourceDefinitions into their chart, lints both charts and packs them. Prints the paths of the packages. */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { customResourceDefinitions } from '../../crds/print-crds.ts';
import { stepReport } from '../../operator/standalone/binaries/step-report.ts';
import { errorText } from '../../operator/standalone/system-error.ts';
import { CHARTS, helm, runHelm } from './helm.ts';

const PACKAGES = join(import.meta.dirname, '../../build/charts');
const report = stepReport(process.stderr);

async function writeDefinitions(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const definition of customResourceDefinitions() as readonly KubernetesObject[]) {
    // As `gatehouse crds` prints them; made by our own code.
    const text = stringify(definition, { aliasDuplicateObjects: false, lineWidth: 0, version: '1.1' });
    await writeFile(join(folder, `${definition.metadata.name}.yaml`), text);
  }
}

try {
  await writeDefinitions(join(CHARTS, 'gatehouse-crds', 'files'));
  await rm(PACKAGES, { recursive: true, force: true });
  for (const chart of ['gatehouse-crds', 'gatehouse'] as const) {
    await helm('lint', { chart, args: ['--strict'] });
    await runHelm(['package', join(CHARTS, chart), '--destination', PACKAGES]);
  }
  for (const name of (await readdir(PACKAGES)).sort()) process.stdout.write(`${join(PACKAGES, name)}\n`);
} catch (error) {
  report.line(errorText(error));
  process.exitCode = 1;
}
