import { fileURLToPath } from 'node:url';
import type { ElectionTimes } from '../../operator/cluster/leader-election.ts';
import { type ManagedProcess, startProcess } from './managed-process.ts';
import { until } from './until.ts';

export interface ReplicaPlan {
  readonly kubeconfig: string;
  readonly identity: string;
  readonly times: ElectionTimes;
  /** How many proxies each fleet has, all of them up. */
  readonly proxies: number;
}

/** One replica of the operator as a process of its own, without infrastructure. */
export interface ReplicaProcess extends ManagedProcess {
  readonly xdsPort: number;
  readonly health: (path: string) => Promise<number>;
}

const PROGRAM = fileURLToPath(new URL('replica-program.ts', import.meta.url));
const PORTS = /xDS on (\d+), health on (\d+)/;

/** Resolves when it serves the cluster. */
export async function startReplica(plan: ReplicaPlan): Promise<ReplicaProcess> {
  const args = ['--disable-warning=ExperimentalWarning', PROGRAM, JSON.stringify(plan)];
  const started = await startProcess({ name: `replica ${plan.identity}`, command: process.execPath, args });
  await until(`${plan.identity} is ready`, async () => {
    if (started.logs().includes('\nReady\n')) return true;
    throw new Error(started.logs().slice(-2000));
  });
  const [, xds, health] = PORTS.exec(started.logs()) ?? [];
  return { ...started, xdsPort: Number(xds), health: async (path) => (await fetch(`http://127.0.0.1:${health}${path}`)).status };
}
