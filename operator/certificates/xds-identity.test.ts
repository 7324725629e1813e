import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials, status } from '@grpc/grpc-js';
import { type CertificatePair, selfSigned, selfSignedUntil } from '../../e2e/harness/self-signed.ts';
import { infraName } from '../../translators/gateway-api/infra-name.ts';
import { ResourceCache } from '../../xds/resource-cache.ts';
import { AdsServer } from '../../xds/server.ts';
import { DeltaClient, type Way } from '../../xds/testing/delta-client.ts';
import { CertificateFolder } from './certificate-folder.ts';
import { proxyAuthorization } from './proxy-authorization.ts';

/** The xDS server of a cluster, by mutual TLS on loopback, and proxies with all kinds of certificates. */

const NAMESPACE = 'envoy-gateway-system';
const FLEET = 'default/eg';
const server = selfSigned('envoy-gateway');
const proxy = selfSigned(`*.${NAMESPACE}`);
const own = selfSigned(`${infraName(FLEET)}.${NAMESPACE}`);
const foreignFleet = selfSigned(`${infraName('default/other')}.${NAMESPACE}`);
const elsewhere = selfSigned('*.default');
const replica = selfSigned(`envoy-gateway.${NAMESPACE}`, 'envoy-gateway');
const expired = selfSignedUntil('210101000000Z', `*.${NAMESPACE}`);
const stranger = selfSigned(`*.${NAMESPACE}`);
const known = [server, proxy, own, foreignFleet, elsewhere, replica, expired];
const bundle = (pairs: readonly CertificatePair[]): string => pairs.map(({ certificate }) => certificate).join('');

let folder: string;
let said: string[];
let certificates: CertificateFolder;
let ads: AdsServer;
let port: number;
let clients: DeltaClient[];

const logger = {
  info: (message: string) => said.push(`info ${message}`),
  warn: (message: string) => said.push(`warn ${message}`),
  error: (message: string) => said.push(`error ${message}`),
};

/** As the kubelet does it: a new folder, and a link that is swapped. */
async function mount({ certificate, key }: CertificatePair, ca: string): Promise<void> {
  const version = await mkdtemp(join(folder, '..v'));
  const files = { 'tls.crt': certificate, 'tls.key': key, 'ca.crt': ca };
  for (const [name, text] of Object.entries(files)) await writeFile(join(version, name), text);
  await symlink(version, join(folder, '..next'));
  await rename(join(folder, '..next'), join(folder, 'certs'));
}

const channel = (pair: CertificatePair | undefined, trusted = bundle([server])): Way['channel'] => ({
  credentials: credentials.createSsl(
    Buffer.from(trusted),
    pair === undefined ? null : Buffer.from(pair.key),
    pair === undefined ? null : Buffer.from(pair.certificate),
  ),
  options: { 'grpc.ssl_target_name_override': 'envoy-gateway', 'grpc.default_authority': 'envoy-gateway' },
});

function connect(pair: CertificatePair | undefined, way: Partial<Way> = {}, cluster = FLEET): DeltaClient {
  const client = new DeltaClient(`127.0.0.1:${port}`, { id: 'pod-1', cluster }, { channel: channel(pair), ...way });
  clients.push(client);
  return client;
}

/** What becomes of a proxy that asks for its clusters. */
async function fate(client: DeltaClient): Promise<unknown> {
  client.ask('cluster', { subscribe: ['*'] });
  await client.settle();
  return client.status?.code ?? 'served';
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gh-certs-'));
  said = [];
  clients = [];
  await mount(server, bundle(known));
  certificates = await CertificateFolder.open(join(folder, 'certs'), logger);
  const cache = new ResourceCache();
  cache.update(FLEET, []);
  ads = new AdsServer({ cache, authorize: proxyAuthorization(NAMESPACE, logger) });
  port = await ads.listen({ address: '127.0.0.1:0', credentials: certificates.serverCredentials() });
});
afterEach(async () => {
  for (const client of clients) client.close();
  await ads.close(0);
  certificates.close();
  await rm(folder, { recursive: true, force: true });
});

test('the certificate of the namespace is for its fleets, that of a fleet for that fleet', async () => {
  expect(await fate(connect(proxy))).toBe('served');
  expect(await fate(connect(own))).toBe('served');
});

test.each<[string, CertificatePair, RegExp]>([
  ['of another fleet', foreignFleet, /proves envoy-default-other-[0-9a-f]{8}\.envoy-gateway-system$/],
  ['of another namespace', elsewhere, /proves \*\.default$/],
  ['of the control plane itself', replica, /proves envoy-gateway\.envoy-gateway-system, envoy-gateway$/],
])('a trusted certificate %s gets nothing and is told why', async (_what, pair, why) => {
  const client = connect(pair);
  expect(await fate(client)).toBe(status.PERMISSION_DENIED);
  expect(client.status?.details).toMatch(
    /^the configuration of default\/eg is for certificates with the name \*\.envoy-gateway-system or /,
  );
  expect(client.status?.details).toMatch(why);
  expect(await fate(connect(pair))).toBe(status.PERMISSION_DENIED);
  expect(said).toEqual([expect.stringMatching(/^warn A proxy is refused: .*Give it the Secret envoy of the namespace/)]);
});

test.each<[string, CertificatePair | undefined]>([
  ['none', undefined],
  ['one of another CA', stranger],
  ['one that has expired', expired],
])('with %s there is no connection', async (_what, pair) => {
  expect(await fate(connect(pair))).toBe(status.UNAVAILABLE);
});

test('without TLS there is no connection', async () => {
  expect(await fate(connect(undefined, { channel: { credentials: credentials.createInsecure() } }))).toBe(status.UNAVAILABLE);
});

test('other methods tell nothing, whoever calls', async () => {
  const service = '/envoy.service.discovery.v3.AggregatedDiscoveryService';
  const called = async (method: string): Promise<unknown> => (await connect(proxy, { method }).ended()).code;
  expect(await called(`${service}/StreamAggregatedResources`)).toBe(status.UNIMPLEMENTED);
  expect(await called('/envoy.service.secret.v3.SecretDiscoveryService/StreamSecrets')).toBe(status.UNIMPLEMENTED);
});

test('a new certificate and CA are taken up, and streams that are open go on', async () => {
  const before = connect(proxy);
  expect(await fate(before)).toBe('served');
  const [nextServer, nextProxy] = [selfSigned('envoy-gateway'), selfSigned(`*.${NAMESPACE}`)];
  await mount(nextServer, bundle([nextProxy]));
  await certificates.look();
  const trusting = channel(nextProxy, bundle([nextServer]));
  expect(await fate(connect(nextProxy, { channel: trusting }))).toBe('served');
  expect(await fate(connect(proxy, { channel: channel(proxy, bundle([nextServer])) }))).toBe(status.UNAVAILABLE);
  expect(await fate(before)).toBe('served');
  expect(said).toEqual([expect.stringMatching(/^info Certificates of .* have changed and are in use: DNS:envoy-gateway$/)]);
});

test('a set that does not fit together is told once, and the one in use stays', async () => {
  await mount({ certificate: server.certificate, key: proxy.key }, bundle(known));
  await certificates.look();
  await certificates.look();
  expect(said).toEqual([
    expect.stringMatching(/tls\.key is not usable: it must be PEM and the key of tls\.crt\. .* The certificates in use stay/),
  ]);
  expect(await fate(connect(proxy))).toBe('served');
});

test.each<[string, string]>([
  ['cut off', proxy.certificate.slice(0, 200)],
  ['no certificate', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'],
])('a CA bundle is not taken whose second part is %s: those behind it would be trusted no more', async (_what, broken) => {
  await mount(server, server.certificate + broken + bundle([proxy]));
  await certificates.look();
  expect(said).toEqual([expect.stringMatching(/^error .*ca\.crt is not usable: it must be PEM\..* The certificates in use stay/)]);
  expect(await fate(connect(proxy))).toBe('served');
});

test('who asks for many fleets is told of once, on one line of bounded length', async () => {
  const ask = (cluster: string): Promise<unknown> => fate(connect(elsewhere, {}, cluster));
  expect(await ask('a\nforged: line')).toBe(status.PERMISSION_DENIED);
  expect(await ask('default/made-up')).toBe(status.PERMISSION_DENIED);
  expect(await ask('z'.repeat(100_000))).toBe(status.PERMISSION_DENIED);
  expect(said).toEqual([expect.stringMatching(/^warn A proxy is refused: the configuration of a\?forged: line is for [^\n]{1,600}$/)]);
});

test('a folder without them is refused with the cure', async () => {
  await mkdir(join(folder, 'empty'));
  await expect(CertificateFolder.open(join(folder, 'empty'), logger)).rejects.toThrow(
    /ca\.crt cannot be read .* mount the Secret envoy-gateway there \(gatehouse certgen makes it\)/,
  );
});
