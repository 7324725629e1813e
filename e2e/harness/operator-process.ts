import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ManagedProcess, startProcess } from './managed-process.ts';
import { until } from './until.ts';

export interface OperatorPlan {
  readonly kubeconfig: string;
  /** The Envoy to run. Default: as everywhere. */
  readonly envoy?: string;
  /** Fields of the EnvoyGateway beside those that ask for host infrastructure. */
  readonly configuration?: object;
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

/** `gatehouse operator` as a process, with host infrastructure and free ports. */
export interface OperatorProcess extends ManagedProcess {
  /** The first line of its output that fits, from `since` characters on. Waits for it; rejects when the process ends before. */
  readonly line: (fits: RegExp, since?: number) => Promise<string>;
  /** Resolves when it says that it is ready. */
  readonly ready: () => Promise<void>;
  /** Body of a GET of one of its endpoints; any status. */
  readonly read: (endpoint: 'health' | 'metrics' | 'admin', path: string) => Promise<{ readonly status: number; readonly body: string }>;
  /** Process ids of its Envoys. */
  readonly envoys: () => Promise<readonly number[]>;
  /** Ends it in order and removes its files. */
  readonly close: () => Promise<void>;
}

const COMMAND = fileURLToPath(new URL('../../bin/gatehouse', import.meta.url));
const ANY_PORT = ['--xds-port', '0', '--webhook-port', '0', '--health-port', '0', '--metrics-port', '0', '--admin-port', '0'];
const PORTS = /health on port (?<health>\d+), metrics on port (?<metrics>\d+), admin on [^:]+:(?<admin>\d+)/;

export async function startOperator({ kubeconfig, envoy, configuration, args = [], env }: OperatorPlan): Promise<OperatorProcess> {
  // A short path: Unix sockets live in it.
  const folder = await mkdtemp(join(tmpdir(), 'gh-'));
  const config = join(folder, 'operator.yaml');
  // JSON is YAML.
  await writeFile(config, JSON.stringify(hosted(join(folder, 'run'), configuration)));
  const process_ = await startProcess({
    name: 'gatehouse operator',
    command: COMMAND,
    args: ['operator', '--kubeconfig', kubeconfig, '--config', config, ...ANY_PORT, ...args],
    env: { ...process.env, ...env, ...(envoy === undefined ? {} : { GATEHOUSE_ENVOY: envoy }) },
  });
  const line = lineOf(process_);
  const port = async (endpoint: string): Promise<string | undefined> => PORTS.exec(await line(PORTS))?.groups?.[endpoint];
  return {
    ...process_,
    line,
    ready: async () => void (await line(/Ready: /)),
    read: async (endpoint, path) => {
      const answer = await fetch(`http://127.0.0.1:${await port(endpoint)}${path}`);
      return { status: answer.status, body: await answer.text() };
    },
    envoys: () => notedProcesses(join(folder, 'run', `run-${process_.pid}`)),
    close: async () => {
      await process_.stop('SIGTERM', 20_000);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const hosted = (runtimeDir: string, fields: object = {}): object => ({
  apiVersion: 'gateway.envoyproxy.io/v1alpha1',
  kind: 'EnvoyGateway',
  provider: { type: 'Custom', custom: { resource: { type: 'Kubernetes' }, infrastructure: { type: 'Host', host: { runtimeDir } } } },
  ...fields,
});

const lineOf =
  (of: ManagedProcess) =>
  async (fits: RegExp, since = 0): Promise<string> => {
    const find = (): string | undefined =>
      of
        .logs()
        .slice(since)
        .split('\n')
        .find((each) => fits.test(each));
    const found = await until(
      `a line ${fits}`,
      async () => {
        const line = find();
        return line === undefined && !of.isRunning() ? { ended: true as const } : line;
      },
      { limit: 60_000 },
    ).catch((error: Error) => {
      throw new Error(`${error.message}\n${of.logs().slice(-4000)}`);
    });
    if (typeof found === 'string') return found;
    throw new Error(`it ended without a line ${fits}:\n${of.logs().slice(-4000)}`);
  };

/** `<n>.pid` files hold a process id and when it was started. */
async function notedProcesses(folder: string): Promise<readonly number[]> {
  const files = (await readdir(folder)).filter((file) => /^\d+\.pid$/.test(file)).sort();
  return await Promise.all(files.map(async (file) => Number((await readFile(join(folder, file), 'utf8')).split(' ')[0])));
}
