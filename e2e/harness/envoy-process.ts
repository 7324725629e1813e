import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';
import { stepReport } from '../../operator/standalone/binaries/step-report.ts';
import { ensureEnvoy } from '../../operator/standalone/envoy-binary.ts';
import { type ManagedProcess, startProcess } from './managed-process.ts';
import { until } from './until.ts';

export interface EnvoyOptions {
  /**
   * envoy.config.bootstrap.v3.Bootstrap as JSON. Its `admin` is replaced by one on a free port; listeners take port 0 and are asked for by
   * `listenerPort`.
   */
  readonly bootstrap: Readonly<Record<string, unknown>>;
  /** What stands before the command, for instance to run it in a world of its own. */
  readonly enter?: readonly string[];
  /** Further flags, for instance `--concurrency 1` as two words. */
  readonly flags?: readonly string[];
}

/** A real Envoy on loopback. */
export interface EnvoyProcess {
  readonly pid: number;
  /** `http://127.0.0.1:<port>` of the admin interface. */
  readonly adminUrl: string;
  /** Body of a GET of the admin interface, for instance `/config_dump`; rejects unless it answers 200. */
  readonly admin: (path: string) => Promise<string>;
  /** Waits until /ready answers LIVE: the listeners are there, the clusters are warm. With ADS that needs the control plane's first answers. */
  readonly ready: () => Promise<void>;
  /** The port a listener got. Waits for the listener. */
  readonly listenerPort: (listener: string) => Promise<number>;
  readonly logs: () => string;
  readonly isRunning: () => boolean;
  readonly stop: () => Promise<void>;
}

/** Starts Envoy and waits until its admin interface answers; not until it is ready, as that may hang on the control plane. */
export async function startEnvoy(options: EnvoyOptions): Promise<EnvoyProcess> {
  const { path } = await ensureEnvoy(stepReport(process.stderr));
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-envoy-'));
  const addressFile = join(folder, 'admin-address');
  const bootstrap = { ...options.bootstrap, admin: { address: { socket_address: { address: '127.0.0.1', port_value: 0 } } } };
  const configFile = join(folder, 'bootstrap.json');
  await writeFile(configFile, JSON.stringify(bootstrap));
  // A base id of its own: two Envoys of one machine would share memory for hot restarts otherwise.
  const args = ['--config-path', configFile, '--admin-address-path', addressFile, '--use-dynamic-base-id', ...(options.flags ?? [])];
  const [command = path, ...words] = [...(options.enter ?? []), path, ...args];
  const envoy = await startProcess({ name: 'envoy', command, args: words });
  const stop = async (): Promise<void> => {
    await envoy.stop('SIGTERM');
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const adminUrl = await untilAdmin(envoy, addressFile);
    return running(envoy, adminUrl, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

function running(envoy: ManagedProcess, adminUrl: string, stop: () => Promise<void>): EnvoyProcess {
  const admin = (path: string): Promise<string> => get(`${adminUrl}${path}`);
  return {
    pid: envoy.pid,
    adminUrl,
    admin,
    stop,
    ready: () => until('Envoy is ready', async () => (await admin('/ready')).startsWith('LIVE') || undefined).then(() => undefined),
    listenerPort: (listener) =>
      until(`Envoy's listener ${listener}`, async () => portOf(listener, JSON.parse(await admin('/listeners?format=json')) as Listeners)),
    logs: envoy.logs,
    isRunning: envoy.isRunning,
  };
}

/** What of envoy.admin.v3.Listeners is read here; Envoy wrote the JSON. */
interface Listeners {
  readonly listener_statuses?: readonly {
    readonly name: string;
    readonly local_address: { readonly socket_address?: { readonly port_value: number } };
  }[];
}

function portOf(listener: string, { listener_statuses = [] }: Listeners): number | undefined {
  return listener_statuses.find(({ name }) => name === listener)?.local_address.socket_address?.port_value;
}

async function untilAdmin(envoy: ManagedProcess, addressFile: string): Promise<string> {
  const outcome = await until('Envoy answers on its admin port', async () => {
    if (!envoy.isRunning()) return 'ended';
    const url = `http://${(await readFile(addressFile, 'utf8')).trim()}`;
    await get(`${url}/server_info`);
    return url;
  });
  if (outcome === 'ended') throw new Error(`Envoy ended on its start:\n${envoy.logs().slice(-4000)}`);
  return outcome;
}

async function get(url: string): Promise<string> {
  const { statusCode, body } = await request(url);
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`${url} answers ${statusCode}: ${text.trim()}`);
  return text;
}
