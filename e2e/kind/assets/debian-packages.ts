import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { cacheRoot } from '../../../operator/standalone/binaries/obtain.ts';
import { withProcessLock } from '../../../operator/standalone/binaries/process-lock.ts';
import { runCommand } from '../../../operator/standalone/binaries/run-command.ts';
import type { StepReport } from '../../../operator/standalone/binaries/step-report.ts';

/** Commands of Debian and its descendants, with the package that brings each. */
const PACKAGES = {
  dockerd: 'docker.io',
  docker: 'docker.io',
  containerd: 'containerd',
  ctr: 'containerd',
  runc: 'runc',
  mmdebstrap: 'mmdebstrap',
  zstd: 'zstd',
  jq: 'jq',
  ip: 'iproute2',
  iptables: 'iptables',
  nsenter: 'util-linux',
} as const;

export type DebianCommand = keyof typeof PACKAGES;

/** Packages in which commands are that this machine lacks. */
export function missingPackages(commands: readonly DebianCommand[], environment = process.env): readonly string[] {
  const folders = [...(environment['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  const missing = commands.filter((command) => !folders.some((folder) => existsSync(join(folder, command))));
  return [...new Set(missing.map((command) => PACKAGES[command]))];
}

/** Why the commands cannot be had on this machine, in a line; undefined: they are there, or `installCommands` may install them. */
export function commandsProblem(commands: readonly DebianCommand[], environment = process.env): string | undefined {
  const missing = missingPackages(commands);
  if (missing.length === 0) return undefined;
  const wish = `install ${missing.join(', ')}`;
  if (missingPackages(['mmdebstrap']).length > 0 && !existsSync('/usr/bin/apt-get')) return `${wish} (this machine has no apt-get)`;
  if (process.getuid?.() !== 0) return `${wish} (only root may)`;
  return environment['GATEHOUSE_OFFLINE'] === '1' ? `${wish} (GATEHOUSE_OFFLINE=1 forbids it here)` : undefined;
}

/** Installs what is missing with apt-get. Services of a package are not started. Rejects with what is to be installed by hand, and why. */
export async function installCommands(commands: readonly DebianCommand[], report: StepReport): Promise<void> {
  if (missingPackages(commands).length === 0) return;
  await withProcessLock(join(cacheRoot(), 'kind', '.apt.lock'), report, async () => {
    const missing = missingPackages(commands);
    if (missing.length === 0) return;
    const problem = commandsProblem(commands);
    if (problem !== undefined) throw new Error(problem);
    report.line(`installing ${missing.join(', ')} with apt-get`);
    if (await aptGet(['install', '--yes', '--no-install-recommends', ...missing])) return;
    await aptGet(['update']);
    if (await aptGet(['install', '--yes', '--no-install-recommends', ...missing])) return;
    throw new Error(`\`apt-get install ${missing.join(' ')}\` fails; install them yourself`);
  });
}

async function aptGet(args: readonly string[]): Promise<boolean> {
  const { ok } = await runCommand('apt-get', args, { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' } });
  return ok;
}
