import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { runCommand } from '../../../operator/standalone/binaries/run-command.ts';
import { stepReport } from '../../../operator/standalone/binaries/step-report.ts';
import { ensureHelm } from '../../harness/assets/helm-binary.ts';
import { type Channel, gatewayApiCrds } from '../../harness/gateway-api-crds.ts';
import type { KindCluster } from './kind-cluster.ts';

export const HOME = 'envoy-gateway-system';
const RELEASE = 'gatehouse';
const CHART = join(import.meta.dirname, '../../../charts/gatehouse');

/** Values of the chart as a person writes them into a file. */
export type Values = Readonly<Record<string, unknown>>;

/** Gatehouse in a cluster, by its chart. */
export interface Release {
  readonly install: (values?: Values) => Promise<string>;
  readonly upgrade: (values?: Values) => Promise<string>;
  readonly uninstall: () => Promise<string>;
}

/** `enter` stands before a helm that is to reach the cluster. */
export function releaseIn({ kubeconfig, enter = [] }: { readonly kubeconfig: string; readonly enter?: readonly string[] }): Release {
  const helm = async (...args: readonly string[]): Promise<string> => {
    const [command = '', ...rest] = [...enter, await ensureHelm(stepReport(process.stderr)), ...args, '--namespace', HOME];
    const { ok, stdout, reason } = await runCommand(command, rest, {
      env: { ...process.env, KUBECONFIG: kubeconfig },
    });
    if (!ok) throw new Error(`helm ${args[0]}: ${reason}\n${stdout}`);
    return stdout;
  };
  const withValues = async (verb: readonly string[], values: Values): Promise<string> => {
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-values-'));
    try {
      const file = join(folder, 'values.yaml');
      await writeFile(file, stringify(values));
      return await helm(...verb, RELEASE, CHART, '--values', file, '--wait', '--timeout=3m');
    } finally {
      await rm(folder, { recursive: true });
    }
  };
  return {
    install: (values = {}) => withValues(['install', '--create-namespace'], values),
    upgrade: (values = {}) => withValues(['upgrade', '--install', '--create-namespace'], values),
    uninstall: () => helm('uninstall', RELEASE, '--wait', '--timeout=3m'),
  };
}

/** Gives the cluster the Gateway API, which is not the chart's to bring. */
export async function installGatewayApi(
  { apply, kubectl }: Pick<KindCluster, 'apply' | 'kubectl'>,
  channel: Channel = 'standard',
): Promise<void> {
  for (const file of await gatewayApiCrds(channel)) await apply(await readFile(file, 'utf8'));
  await kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s');
}
