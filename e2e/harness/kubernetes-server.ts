import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { stepReport } from '../../operator/standalone/binaries/step-report.ts';
import { ensureKubernetesBinaries } from './assets/kubernetes-binaries.ts';
import { freePort } from './free-port.ts';
import { type ManagedProcess, startProcess } from './managed-process.ts';
import { until } from './until.ts';

export interface KubernetesServerOptions {
  /** Further flags of kube-apiserver, for instance `--enable-priority-and-fairness=false`. */
  readonly apiServerFlags?: readonly string[];
}

/** A real API server with its etcd on loopback, and nothing else of Kubernetes: no controllers, no nodes. */
export interface KubernetesServer {
  /** `https://127.0.0.1:<port>`; the port stays the same over stopApiServer and startApiServer. */
  readonly url: string;
  /** PEM of what signed the server's certificate. */
  readonly ca: string;
  /** Bearer token of a user in `system:masters`. */
  readonly token: string;
  readonly kubeconfigPath: string;
  /** Bearer token and kubeconfig of the user `restricted`, who may do only what RBAC objects of the test allow. */
  readonly restrictedToken: string;
  readonly restrictedKubeconfigPath: string;
  /** `http://127.0.0.1:<port>`, for compactions. */
  readonly etcdUrl: string;
  /** Kills the API server; etcd and so all objects stay. */
  readonly stopApiServer: () => Promise<void>;
  /** Starts it again at the same URL and waits until it is ready. */
  readonly startApiServer: () => Promise<void>;
  /** Ends both processes and removes all their data. */
  readonly stop: () => Promise<void>;
}

const tokens = { admin: 'admin-token', restricted: 'restricted-token' } as const;

/** Starts etcd and kube-apiserver with all data in a temporary folder, and waits until the API server is ready (a second or two). */
export async function startKubernetesServer(options: KubernetesServerOptions = {}): Promise<KubernetesServer> {
  const binaries = await ensureKubernetesBinaries(stepReport(process.stderr));
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-kubernetes-'));
  const running: { etcd?: ManagedProcess; apiServer?: ManagedProcess } = {};
  const stop = async (): Promise<void> => {
    // Nobody reads this etcd again, so nothing is lost by killing both.
    await running.apiServer?.stop('SIGKILL');
    await running.etcd?.stop('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const etcdUrl = `http://127.0.0.1:${await freePort()}`;
    running.etcd = await startEtcd(binaries.etcd, folder, etcdUrl);
    await writeCredentials(folder);
    const port = await freePort();
    const url = `https://127.0.0.1:${port}`;
    const args = [...apiServerArgs(folder, etcdUrl, port), ...(options.apiServerFlags ?? [])];
    const startApiServer = async (): Promise<void> => {
      if (running.apiServer?.isRunning()) return;
      running.apiServer = await startProcess({ name: 'kube-apiserver', command: binaries.apiServer, args });
      await untilReady(running.apiServer, folder, url);
    };
    await startApiServer();
    const ca = await readCa(folder);
    return {
      url,
      ca,
      etcdUrl,
      token: tokens.admin,
      restrictedToken: tokens.restricted,
      kubeconfigPath: await writeKubeconfig(folder, url, ca, 'admin'),
      restrictedKubeconfigPath: await writeKubeconfig(folder, url, ca, 'restricted'),
      stopApiServer: async () => running.apiServer?.stop('SIGKILL'),
      startApiServer,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startEtcd(command: string, folder: string, url: string): Promise<ManagedProcess> {
  const peerUrl = `http://127.0.0.1:${await freePort()}`;
  return await startProcess({
    name: 'etcd',
    command,
    args: [
      `--data-dir=${join(folder, 'etcd')}`,
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      `--listen-peer-urls=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=default=${peerUrl}`,
      // The data need not outlive the test, and waiting for the disk would take most of its time.
      '--unsafe-no-fsync',
      '--log-level=warn',
    ],
  });
}

async function writeCredentials(folder: string): Promise<void> {
  const rows = [`${tokens.admin},admin,admin,system:masters`, `${tokens.restricted},restricted,restricted,`];
  await writeFile(join(folder, 'tokens.csv'), `${rows.join('\n')}\n`, { mode: 0o600 });
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  await writeFile(join(folder, 'sa.key'), privateKey, { mode: 0o600 });
}

function apiServerArgs(folder: string, etcdUrl: string, port: number): readonly string[] {
  return [
    `--etcd-servers=${etcdUrl}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${port}`,
    `--cert-dir=${join(folder, 'certificates')}`,
    `--token-auth-file=${join(folder, 'tokens.csv')}`,
    '--authorization-mode=RBAC',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${join(folder, 'sa.key')}`,
    `--service-account-signing-key-file=${join(folder, 'sa.key')}`,
    '--service-cluster-ip-range=10.96.0.0/16',
    // No controller makes the service accounts that this plugin asks for.
    '--disable-admission-plugins=ServiceAccount',
  ];
}

/** kube-apiserver makes a certificate of its own where it is given none; the file holds what signed it too. */
function readCa(folder: string): Promise<string> {
  return readFile(join(folder, 'certificates', 'apiserver.crt'), 'utf8');
}

async function untilReady(apiServer: ManagedProcess, folder: string, url: string): Promise<void> {
  const ready = async (): Promise<'ready' | 'ended' | undefined> => {
    if (!apiServer.isRunning()) return 'ended';
    const dispatcher = new Agent({ connect: { ca: await readCa(folder) } });
    try {
      const { statusCode, body } = await request(`${url}/readyz`, { dispatcher, headers: { authorization: `Bearer ${tokens.admin}` } });
      await body.dump();
      return statusCode === 200 ? 'ready' : undefined;
    } finally {
      await dispatcher.destroy();
    }
  };
  const outcome = await until('kube-apiserver is ready', ready, { limit: 60_000, interval: 100 });
  if (outcome === 'ended') throw new Error(`kube-apiserver ended on its start:\n${apiServer.logs().slice(-4000)}`);
}

/** A kubeconfig is YAML, and JSON is YAML. */
async function writeKubeconfig(folder: string, server: string, ca: string, user: keyof typeof tokens): Promise<string> {
  const path = join(folder, `${user}.kubeconfig`);
  const name = 'gatehouse-test';
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') } }],
    users: [{ name: user, user: { token: tokens[user] } }],
    contexts: [{ name, context: { cluster: name, user } }],
    'current-context': name,
  };
  await writeFile(path, JSON.stringify(kubeconfig, undefined, 2), { mode: 0o600 });
  return path;
}
