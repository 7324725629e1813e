import { runCommand } from '../../../operator/standalone/binaries/run-command.ts';
import type { StepReport } from '../../../operator/standalone/binaries/step-report.ts';
import { ensureNodeImage } from '../assets/node-image.ts';
import type { Docker } from './docker.ts';

/** The node that the kind of this version is made for, by the digest that it names itself. */
const RELEASED = 'kindest/node:v1.37.0@sha256:a1ed56cfb0e7b93589bdf97c8cd566405a265939e3620fc4f5de89adff580ae5';

/** The name of a node image that this Docker has: kind's own where it can be pulled, else one that is put together from packages. */
export async function provideNodeImage(docker: Pick<Docker, 'host' | 'canPull'>, report: StepReport): Promise<string> {
  const run = dockerCommand(docker);
  if (docker.canPull) {
    if (await run(['image', 'inspect', RELEASED])) return RELEASED;
    report.line(`kind's node image: pulling ${RELEASED.replace(/@.*/, '')}`);
    if (process.env['GATEHOUSE_OFFLINE'] !== '1' && (await run(['pull', '--quiet', RELEASED]))) return RELEASED;
    report.line("kind's node image: it cannot be pulled");
  }
  const { name, file } = await ensureNodeImage(report);
  if (await run(['image', 'inspect', name])) return name;
  const host = docker.host === undefined ? [] : ['--host', docker.host];
  const { ok, reason } = await runCommand('sh', ['-c', 'file=$1; shift; zstd -dcq "$file" | docker "$@" load', 'sh', file, ...host]);
  if (!ok) throw new Error(`the node image cannot be loaded: ${reason}`);
  return name;
}

const dockerCommand =
  ({ host: at }: Pick<Docker, 'host'>) =>
  async (args: readonly string[]) => {
    const host = at === undefined ? [] : ['--host', at];
    return (await runCommand('docker', [...host, ...args])).ok;
  };
