import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { toJson } from '@bufbuild/protobuf';
import { credentials, status } from '@grpc/grpc-js';
import { Agent, request } from 'undici';
import { type EnvoyProcess, startEnvoy } from '../../e2e/harness/envoy-process.ts';
import { type KubernetesServer, startKubernetesServer } from '../../e2e/harness/kubernetes-server.ts';
import { until } from '../../e2e/harness/until.ts';
import { writeXdsCertificates, type XdsCertificates } from '../../e2e/harness/xds-certificates.ts';
import { buildBootstrap } from '../../translators/envoy/bootstrap.ts';
import { ENVOY_TYPES } from '../../translators/envoy/type-registry.ts';
import { sdsTokenConfigMapData } from '../../translators/envoy/xds-secrets.ts';
import type { NodeIdentity, Peer, Verdict } from '../../xds/node-identity.ts';
import { BootstrapSchema } from '../../xds/proto/gen/envoy/config/bootstrap/v3/bootstrap_pb.ts';
import { ResourceCache } from '../../xds/resource-cache.ts';
import { AdsServer } from '../../xds/server.ts';
import { DeltaClient } from '../../xds/testing/delta-client.ts';
import { CertificateFolder } from '../certificates/certificate-folder.ts';
import { proxyAuthorization } from '../certificates/proxy-authorization.ts';
import { type KubeClient, loadKubeClient } from '../cluster/kube-client.ts';
import { tokenAuthorization } from './token-authorization.ts';
import { tokenLook } from './token-look.ts';
import { TokenReviews } from './token-reviews.ts';

/** A real API server that gives and judges tokens, the xDS server, and real Envoys with the bootstrap of a proxy beside its Gateway. */

const AUDIENCE = 'envoy-gateway.envoy-gateway-system.svc.cluster.local';
const FLEET = 'default/gw';
const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };

let kubernetes: KubernetesServer;
let client: KubeClient;
let root: string;
let certs: XdsCertificates;
let certificates: CertificateFolder;
let ads: AdsServer;
let port = 0;
/** Tokens in the order in which they were shown. */
let shown: string[];
let refused: string[];
const envoys: EnvoyProcess[] = [];

async function post(path: string, body: object): Promise<unknown> {
  const dispatcher = new Agent({ connect: { ca: kubernetes.ca } });
  try {
    const headers = { authorization: `Bearer ${kubernetes.token}`, 'content-type': 'application/json' };
    const answer = await request(`${kubernetes.url}${path}`, { dispatcher, method: 'POST', headers, body: JSON.stringify(body) });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new Error(`POST ${path} answers ${answer.statusCode}: ${text}`);
    return JSON.parse(text);
  } finally {
    await dispatcher.destroy();
  }
}

const account = (name: string): Promise<unknown> => post('/api/v1/namespaces/default/serviceaccounts', { metadata: { name } });
const pod = (name: string, serviceAccountName: string): Promise<unknown> =>
  post('/api/v1/namespaces/default/pods', {
    metadata: { name },
    spec: { serviceAccountName, containers: [{ name: 'envoy', image: 'envoy' }] },
  });

/** As the kubelet asks for the token of a projected volume. */
async function tokenOf(serviceAccount: string, podName: string | undefined, audience = AUDIENCE): Promise<string> {
  const boundObjectRef = podName === undefined ? {} : { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: podName } };
  const spec = { audiences: [audience], expirationSeconds: 3600, ...boundObjectRef };
  // authentication.k8s.io/v1 TokenRequest
  const answer = (await post(`/api/v1/namespaces/default/serviceaccounts/${serviceAccount}/token`, { spec })) as {
    readonly status: { readonly token: string };
  };
  return answer.status.token;
}

/** As the kubelet writes a volume: a new folder, and a link that is swapped. */
async function mount(volume: string, token: string): Promise<void> {
  await mkdir(volume, { recursive: true });
  const version = await mkdtemp(join(volume, '..v'));
  await writeFile(join(version, 'sa-token'), token);
  await symlink(version, join(volume, '..next'));
  await rename(join(volume, '..next'), join(volume, '..data'));
  await symlink('..data/sa-token', join(volume, 'sa-token')).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}

const KNOWN = new Set(['default/gw', 'default/other']);

async function listen(): Promise<void> {
  shown = [];
  refused = [];
  const cache = new ResourceCache();
  cache.update(FLEET, []);
  const { authenticate, authorize } = tokenAuthorization({
    reviews: new TokenReviews({
      client,
      audience: AUDIENCE,
      look: tokenLook({ audience: AUDIENCE, isKnown: (account) => KNOWN.has(account) }),
    }),
    proxyIdentityOf: (fleet) => (fleet === FLEET ? { namespace: 'default', serviceAccount: 'gw' } : undefined),
    otherwise: proxyAuthorization('envoy-gateway-system', logger),
    logger,
  });
  const noting = async (node: NodeIdentity, peer: Peer): Promise<Verdict> => {
    if (peer.bearer !== undefined) shown.push(peer.bearer);
    const verdict = await authorize(node, peer);
    if (!verdict.ok) refused.push(verdict.message);
    return verdict;
  };
  ads = new AdsServer({ cache, authenticate, authorize: noting });
  port = await ads.listen({ address: `127.0.0.1:${port}`, credentials: certificates.serverCredentials('optional') });
}

/** A proxy with its volumes. */
async function startProxy(name: string, token: string): Promise<{ readonly envoy: EnvoyProcess; readonly volume: string }> {
  const [sdsFolder, volume, trusted] = ['sds', 'token', 'certs'].map((each) => join(root, name, each)) as [string, string, string];
  for (const folder of [sdsFolder, trusted]) await mkdir(folder, { recursive: true });
  await mount(volume, token);
  await writeFile(join(trusted, 'ca.crt'), certs.server.certificate);
  for (const [file, text] of Object.entries(sdsTokenConfigMapData(trusted, join(volume, 'sa-token'))))
    await writeFile(join(sdsFolder, file), text);
  const xds = { host: '127.0.0.1', port, tls: { kind: 'token', sdsFolder } } as const;
  const message = buildBootstrap({ nodeId: name, cluster: FLEET, xds, adminAddress: '127.0.0.1:0' });
  const bootstrap = toJson(BootstrapSchema, message, { registry: ENVOY_TYPES }) as Readonly<Record<string, unknown>>;
  const envoy = await startEnvoy({ bootstrap, flags: ['--concurrency', '1'] });
  envoys.push(envoy);
  return { envoy, volume };
}

const statOf = async (envoy: EnvoyProcess, name: string): Promise<number> =>
  Number(/: ([0-9]+)/.exec(await envoy.admin(`/stats?filter=^${name.replaceAll('.', '\\.')}$`))?.[1] ?? 0);

beforeAll(async () => {
  kubernetes = await startKubernetesServer();
  client = loadKubeClient({ kubeconfig: kubernetes.kubeconfigPath });
  root = await mkdtemp(join(tmpdir(), 'gh-tokens-'));
  certs = await writeXdsCertificates('envoy-gateway-system');
  certificates = await CertificateFolder.open(certs.folder, logger);
  await account('gw');
  await account('other');
  await account('stranger');
  for (const name of ['gw-1', 'gw-2', 'gw-3']) await pod(name, 'gw');
  await pod('other-1', 'other');
  await pod('stranger-1', 'stranger');
  await listen();
}, 120_000);
afterAll(async () => {
  for (const envoy of envoys) await envoy.stop();
  await ads.close(0);
  certificates.close();
  await client.close();
  await kubernetes.stop();
  await certs.remove();
  await rm(root, { recursive: true, force: true });
});

async function fate(authorization: string | undefined, node = 'gw-1', cluster = FLEET): Promise<unknown> {
  const channel = {
    credentials: credentials.createSsl(Buffer.from(certs.server.certificate)),
    options: { 'grpc.ssl_target_name_override': 'envoy-gateway' },
  };
  const way = { channel, ...(authorization === undefined ? {} : { authorization }) };
  const proxy = new DeltaClient(`127.0.0.1:${port}`, { id: node, cluster }, way);
  try {
    proxy.ask('cluster', { subscribe: ['*'] });
    await proxy.settle();
    return proxy.status?.code ?? 'served';
  } finally {
    proxy.close();
  }
}

test('Envoy is served by its token, and shows the new one when the volume has it', async () => {
  const first = await tokenOf('gw', 'gw-1');
  const { envoy, volume } = await startProxy('gw-1', first);
  await envoy.ready();
  expect(shown).toEqual([first]);
  expect(await statOf(envoy, 'cluster_manager.cds.update_success')).toBe(1);
  const second = await tokenOf('gw', 'gw-1');
  expect(second).not.toBe(first);
  await ads.close(0);
  await mount(volume, second);
  // Envoy is told of the new folder at once, and meanwhile finds nobody.
  await sleep(1000);
  await listen();
  expect(await until('Envoy has come again', async () => shown[0], { limit: 40_000 })).toBe(second);
  await until('Envoy is served again', async () => ((await statOf(envoy, 'control_plane.connected_state')) === 1 ? true : undefined));
}, 90_000);

test('Envoy with the token of another pod gets nothing', async () => {
  const { envoy } = await startProxy('gw-2', await tokenOf('gw', 'gw-3'));
  const said = await until('Envoy was refused twice', async () => (refused.length > 1 ? refused[1] : undefined), { limit: 30_000 });
  expect(said).toMatch(/the pod gw-3, and the node says that it is gw-2/);
  expect(await statOf(envoy, 'cluster_manager.cds.update_success')).toBe(0);
  await envoy.stop();
}, 60_000);

test('a token is for the pod, the ServiceAccount, the audience and the fleet that it names', async () => {
  const bearer = async (...of: Parameters<typeof tokenOf>): Promise<string> => `Bearer ${await tokenOf(...of)}`;
  const own = await bearer('gw', 'gw-1');
  expect(await fate(own)).toBe('served');
  expect(await fate(own, 'gw-2')).toBe(status.PERMISSION_DENIED);
  expect(await fate(own, 'gw-1', 'default/unknown')).toBe(status.UNAVAILABLE);
  expect(await fate(await bearer('other', 'other-1'), 'other-1')).toBe(status.PERMISSION_DENIED);
  expect(await fate(await bearer('gw', 'gw-1', 'somebody-else'))).toBe(status.UNAUTHENTICATED);
  expect(await fate(await bearer('gw', undefined))).toBe(status.UNAUTHENTICATED);
  expect(await fate(`${own}x`)).toBe(status.UNAUTHENTICATED);
  expect(await fate(undefined)).toBe(status.UNAUTHENTICATED);
  // No proxies run as that.
  expect(await fate(await bearer('stranger', 'stranger-1'), 'stranger-1')).toBe(status.UNAVAILABLE);
  // The administrator's token is no ServiceAccount's.
  expect(await fate(`Bearer ${kubernetes.token}`)).toBe(status.UNAUTHENTICATED);
}, 60_000);

test('the token of a pod that is gone is worth nothing; where the API server is away, nobody new is let in', async () => {
  const gone = `Bearer ${await tokenOf('gw', 'gw-3')}`;
  const kept = `Bearer ${await tokenOf('gw', 'gw-1')}`;
  const kind = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true };
  await client.delete(kind, 'default/gw-3');
  await until('the API server knows', async () => ((await fate(gone, 'gw-3')) === status.UNAUTHENTICATED ? true : undefined), {
    limit: 30_000,
  });
  await kubernetes.stopApiServer();
  expect(await fate(kept)).toBe(status.UNAVAILABLE);
  await kubernetes.startApiServer();
  expect(await fate(kept)).toBe('served');
}, 120_000);
