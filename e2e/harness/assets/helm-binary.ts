import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { obtain, type Tool } from '../../../operator/standalone/binaries/obtain.ts';
import { runCommand } from '../../../operator/standalone/binaries/run-command.ts';
import type { StepReport } from '../../../operator/standalone/binaries/step-report.ts';
import { type GoProgram, goBuild } from './go-build.ts';

export const helmVersion = '4.3.1';

const program: GoProgram = {
  name: `Helm ${helmVersion}`,
  module: 'helm',
  package: 'helm.sh/helm/v4/cmd/helm',
  // Charts may ask for a range of Helm's versions.
  variables: { 'helm.sh/helm/v4/internal/version.version': `v${helmVersion}` },
};

/**
 * Finds Helm: GATEHOUSE_HELM, else `helm` on PATH where it is a supported version, else the cached copy, else it is built with Go from its pinned
 * module. Gives the path of the executable. Rejects with an Error that says why not and what to do.
 */
export async function ensureHelm(report: StepReport, environment = process.env): Promise<string> {
  const named = environment['GATEHOUSE_HELM'];
  if (named) {
    if (!(await isHelm(named))) throw new Error(`GATEHOUSE_HELM=${named} is no Helm 3 or 4. Correct it, or unset it to have Helm built.`);
    return named;
  }
  const found = (environment['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'helm'))
    .find((file) => existsSync(file));
  if (found !== undefined && (await isHelm(found))) return found;
  const { folder } = await obtain(helmTool(environment), report, environment);
  return join(folder, 'helm');
}

function helmTool(environment: NodeJS.ProcessEnv): Tool {
  return {
    name: 'Helm',
    folder: 'helm',
    files: ['helm'],
    sources: [
      {
        name: 'a Go build',
        version: helmVersion,
        // Go's module cache may hold all it needs.
        needsNetwork: false,
        fill: (into, report) => goBuild(program, join(into, 'helm'), report, environment),
      },
    ],
    verify: async (folder) => {
      if (!(await isHelm(join(folder, 'helm')))) throw new Error('`helm version` does not answer as Helm does');
    },
    cure: 'Install Helm 3.14 or newer, or Go (1.26 or newer) to have it built.',
  };
}

async function isHelm(path: string): Promise<boolean> {
  const { ok, stdout } = await runCommand(path, ['version', '--short'], { timeout: 20_000 });
  return ok && /^v[34]\./.test(stdout);
}
