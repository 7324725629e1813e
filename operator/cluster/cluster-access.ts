import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { delimiter } from 'node:path';
import { type DispatcherOptions, KubeConfig } from '@kubernetes/client-node';
import { Agent, type buildConnector, type Dispatcher, ProxyAgent, Socks5ProxyAgent } from 'undici';
import { errorText } from './error-text.ts';

/** What a request needs besides its path. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly dispatcher: Dispatcher;
}

/** How long credentials are used before they are asked for again, in milliseconds: service account tokens and certificates are files that rotate. */
const CREDENTIALS_MS = 10_000;

const SERVICE_ACCOUNT_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/**
 * The way to one cluster: its address, who we are there, and one connection pool that lives as long as certificates stay the same. client-node
 * reads kubeconfigs and runs auth plugins; left alone it would open a TLS connection for every request.
 */
export class ClusterAccess {
  readonly #load: () => KubeConfig;
  readonly #pools = new Map<string, Dispatcher>();
  #kubeConfig: KubeConfig;
  #credentials: Promise<Credentials> | undefined;
  #readAt = 0;

  /** `load` reads the kubeconfig; it is called again when the server refuses the credentials. Throws where there is no current cluster. */
  constructor(load: () => KubeConfig) {
    this.#load = load;
    this.#kubeConfig = load();
    if (this.#kubeConfig.getCurrentCluster() === null) {
      throw new Error(
        'The kubeconfig names no cluster for its current context. Set `current-context` to a context whose cluster is listed under `clusters`.',
      );
    }
  }

  get kubeConfig(): KubeConfig {
    return this.#kubeConfig;
  }

  /** The base URL without a slash at its end. */
  get server(): string {
    return (this.#kubeConfig.getCurrentCluster()?.server ?? '').replace(/\/+$/, '');
  }

  credentials(): Promise<Credentials> {
    if (this.#credentials === undefined || Date.now() - this.#readAt > CREDENTIALS_MS) {
      this.#readAt = Date.now();
      const reading = this.#read();
      this.#credentials = reading;
      // A failure is for the one who asked; the next one asks again.
      reading.catch(() => {
        if (this.#credentials === reading) this.#credentials = undefined;
      });
    }
    return this.#credentials;
  }

  /** Forgets credentials that the server refused, and what plugins remember of them. Of many refusals at once only the first one counts. */
  renew(refused: Promise<Credentials>): void {
    if (refused !== this.#credentials) return;
    this.#kubeConfig = this.#load();
    this.#credentials = undefined;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()));
    this.#pools.clear();
  }

  async #read(): Promise<Credentials> {
    const options: RequestOptions = {};
    await this.#kubeConfig.applyToHTTPSOptions(options);
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(options.headers ?? {})) headers[name.toLowerCase()] = String(value).trim();
    if (typeof options.auth === 'string') headers['authorization'] = `Basic ${Buffer.from(options.auth).toString('base64')}`;
    return { headers, dispatcher: this.#pool(options) };
  }

  #pool({ ca, cert, key, pfx, passphrase, rejectUnauthorized, servername }: RequestOptions): Dispatcher {
    const tls = { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername };
    const options = this.#kubeConfig.createDispatcherOptions(this.#kubeConfig.getCurrentCluster(), tls);
    const id = createHash('sha256').update(JSON.stringify(options)).digest('hex');
    const known = this.#pools.get(id);
    if (known !== undefined) return known;
    // Requests on the old pool end by themselves; watches on it go on until the server or the stall detection ends them.
    for (const old of this.#pools.values()) void old.close();
    this.#pools.clear();
    const pool = connect(options);
    this.#pools.set(id, pool);
    return pool;
  }
}

// The casts: undici and node declare the same TLS options, one of them without `| undefined`.
/** HTTP/1.1: Node's HTTP/2 costs three times the CPU for small requests, and a watch that stalls would hold up the others on its connection. */
const connect = (options: DispatcherOptions): Dispatcher => {
  switch (options.type) {
    case 'proxy':
      return new ProxyAgent({ uri: options.uri, requestTls: options.requestTls as buildConnector.BuildOptions });
    case 'socks':
      return new Socks5ProxyAgent(options.uri, { requestTls: options.requestTls as buildConnector.BuildOptions });
    case 'agent':
      return new Agent({ connect: options.connect as buildConnector.BuildOptions, allowH2: false });
    case 'none':
      return new Agent({ connect: { keepAlive: true, keepAliveInitialDelay: 30_000 }, allowH2: false });
  }
};

/**
 * Finds the cluster: the file given, else KUBECONFIG, else the service account of the pod, else `~/.kube/config`.
 * Throws with what was looked for where none of them is there.
 */
export const loadKubeConfig = (kubeconfig?: string): KubeConfig => {
  const config = new KubeConfig();
  const fromEnvironment = process.env['KUBECONFIG'];
  if (kubeconfig !== undefined) readAs(kubeconfig, [kubeconfig], () => config.loadFromFile(kubeconfig));
  else if (fromEnvironment)
    readAs(`KUBECONFIG=${fromEnvironment}`, fromEnvironment.split(delimiter).filter(Boolean), () => config.loadFromDefault());
  else if (existsSync(SERVICE_ACCOUNT_TOKEN)) config.loadFromCluster();
  else readAs('~/.kube/config', [], () => config.loadFromDefault());
  // client-node's last resort is a cluster on localhost that nobody asked for.
  if (config.getCurrentContext() === 'loaded-context') {
    throw new Error('No cluster found. Give --kubeconfig FILE, set KUBECONFIG, or run in a pod with a service account token.');
  }
  return config;
};

const readAs = (source: string, files: readonly string[], read: () => void): void => {
  try {
    for (const file of files) refuseEndless(file);
    read();
  } catch (cause) {
    throw new Error(`${source} cannot be read as a kubeconfig: ${errorText(cause)}. Give one by --kubeconfig FILE or KUBECONFIG.`, {
      cause,
    });
  }
};

/** Of a kubeconfig, in bytes; those of people who have many clusters have some hundred kilobytes. */
const MOST_BYTES = 16 * 1024 * 1024;

/** client-node reads to the end, wherever that is. A pipe may be what a shell makes of `<(...)`. */
function refuseEndless(file: string): void {
  const found = statSync(file);
  if (found.isCharacterDevice() || found.isBlockDevice()) throw new Error('it is a device');
  if (found.size > MOST_BYTES) throw new Error(`it has more than ${MOST_BYTES / 1024 / 1024} MiB`);
}
