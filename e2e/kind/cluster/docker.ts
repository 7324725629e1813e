import { join } from 'node:path';
import { runCommand } from '../../../operator/standalone/binaries/run-command.ts';
import type { StepReport } from '../../../operator/standalone/binaries/step-report.ts';
import { startProcess } from '../../harness/managed-process.ts';
import { networkNamespaceProblem } from '../../harness/network-namespace.ts';
import { until } from '../../harness/until.ts';
import { commandsProblem, type DebianCommand, installCommands } from '../assets/debian-packages.ts';
import { startDaemon } from './docker-daemon.ts';
import { type ForwardedPort, forwardPort } from './forwarded-port.ts';

/** What runs the node of a cluster. */
export interface Docker {
  /** As DOCKER_HOST names it; undefined: where `docker` looks for it. */
  readonly host: string | undefined;
  /** Whether it can get images from a registry. */
  readonly canPull: boolean;
  /** What stands before a command that is to reach containers by their addresses. */
  readonly enter: readonly string[];
  /** A port of 127.0.0.1 that leads to a port of a container's address. */
  readonly forward: (address: string, port: number) => Promise<ForwardedPort>;
  readonly stop: () => Promise<void>;
}

const DAEMON_COMMANDS: readonly DebianCommand[] = ['dockerd', 'docker', 'runc', 'ip', 'iptables', 'nsenter', 'zstd'];

/** Why this machine can run no containers, in a line; undefined: it can. */
export async function dockerProblem(): Promise<string | undefined> {
  if (await hasDocker()) return process.platform === 'linux' ? undefined : 'the addresses of its containers lead nowhere outside Linux';
  if (process.platform !== 'linux') return 'there is no Docker running';
  if (process.getuid?.() !== 0) return 'there is no Docker running, and only root can start one';
  const missing = commandsProblem(DAEMON_COMMANDS);
  if (missing !== undefined) return `there is no Docker running, and none can be started: ${missing}`;
  return await networkNamespaceProblem();
}

export async function hasDocker(): Promise<boolean> {
  return (await runCommand('docker', ['version', '--format', '{{.Server.Version}}'], { timeout: 10_000 })).ok;
}

/** Installs what a Docker of our own needs, where the machine has none that runs. */
export async function prepareDocker(report: StepReport): Promise<void> {
  if (!(await hasDocker())) await installCommands(DAEMON_COMMANDS, report);
}

/** The machine's own Docker where it runs, else one that ends with `stop`, and in any case with this process. */
export async function startDocker(report: StepReport): Promise<Docker> {
  if (await hasDocker()) {
    const forward = (address: string, port: number) => forwardPort({ host: address, port });
    return { host: process.env['DOCKER_HOST'], canPull: true, enter: [], forward, stop: () => Promise.resolve() };
  }
  await prepareDocker(report);
  const { plan, daemon, stop } = await startDaemon();
  try {
    const enter = [`nsenter`, `--target=${daemon.pid}`, '--net', '--'];
    const socket = join(plan.folders[0] ?? '', 'relay.sock');
    const relay = await startProcess({
      name: 'nsenter',
      command: 'nsenter',
      args: [
        ...enter.slice(1),
        process.execPath,
        '--disable-warning=ExperimentalWarning',
        join(import.meta.dirname, 'relay-program.ts'),
        socket,
      ],
    });
    await until('the way into the network of the containers is open', async () => relay.logs().includes('ready\n') || undefined);
    return {
      host: plan.host,
      canPull: false,
      enter,
      forward: (address, port) => forwardPort({ path: socket, preamble: `${address}:${port}\n` }),
      stop: async () => {
        await relay.stop('SIGKILL');
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
