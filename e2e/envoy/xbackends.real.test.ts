import { ask, echoOf } from '../harness/ask.ts';
import { type Backends, startBackends } from '../harness/backends.ts';
import { type Fleet, gatewayYaml, startFleet } from '../harness/fleet.ts';
import { type NameServer, startNameServer } from '../harness/name-server.ts';
import { httpRouteYaml } from '../harness/route-yaml.ts';
import { tlsSecretYaml } from '../harness/self-signed.ts';
import { caConfigMapYaml, makeTestAuthority, type TestAuthority } from '../harness/test-authority.ts';

const HOST = 'outside.example.com';
const NAME = 'api.example.net';

const ruleYaml = (name: string): string =>
  `{ matches: [{ path: { value: /${name} } }], backendRefs: [{ group: gateway.networking.x-k8s.io, kind: XBackend, name: ${name} }] }`;
const routeYaml = (...names: readonly string[]): string => httpRouteYaml('one', names.map(ruleYaml), HOST);

const backendYaml = (name: string, port: number, more = '', hostname = NAME): string => `---
apiVersion: gateway.networking.x-k8s.io/v1alpha1
kind: XBackend
metadata: { name: ${name} }
spec: { type: ExternalHostname, externalHostname: { hostname: ${hostname} }, port: { number: ${port} }${more} }
`;
const tlsYaml = (hostname: string): string =>
  `, tls: { mode: ServerOnly, validation: { hostname: ${hostname}, caCertificateRefs: [{ group: "", kind: ConfigMap, name: ca }] } }`;

const mutualYaml = (secret: string): string =>
  tlsYaml(NAME).replace('mode: ServerOnly,', `mode: ClientAndServer, clientCertificateRef: { name: ${secret} },`);

const HTTP = '{ name: http, port: 80, protocol: HTTP }';
/** What the proxies prove to whoever does not ask for a certificate of its own. */
const PROVEN = gatewayYaml(HTTP).replace(
  'gatewayClassName: gatehouse',
  'gatewayClassName: gatehouse\n  tls: { backend: { clientCertificateRef: { name: common } } }',
);

let authority: TestAuthority;
let names: NameServer;
let backends: Backends;
let fleet: Fleet;

beforeAll(async () => {
  authority = await makeTestAuthority();
  const { certificate: cert, key } = await authority.issue(NAME);
  names = await startNameServer([NAME, 'other.example.net', 'pay.shop.svc.cluster.local']);
  backends = await startBackends('plain', 'other');
  await backends.start('secure', { tls: { cert, key } });
  await backends.start('asking', { tls: { cert, key, ca: authority.certificate } });
  fleet = await startFleet({
    enter: names.enter,
    objects:
      gatewayYaml(HTTP) +
      caConfigMapYaml('ca', authority.certificate) +
      routeYaml('plain', 'secure', 'stranger', 'inside', 'absent', 'two', 'own', 'common') +
      backendYaml('plain', backends.port('plain')) +
      backendYaml('secure', backends.port('secure'), tlsYaml(NAME)) +
      backendYaml('stranger', backends.port('secure'), tlsYaml('stranger.example.net')) +
      backendYaml('own', backends.port('asking'), mutualYaml('own')) +
      backendYaml('common', backends.port('asking'), tlsYaml(NAME)) +
      backendYaml('inside', backends.port('plain'), '', 'pay.shop') +
      backendYaml('two', backends.port('plain'), ', protocol: H2C'),
  });
}, 60_000);
afterAll(async () => {
  await fleet.stop();
  await Promise.all([backends.stopAll(), names.stop()]);
});

const get = (path: string) => ask({ port: fleet.port(80), host: HOST, path });

test('requests go to where the name leads', async () => {
  const { pod, host, proto } = echoOf(await get('/plain'));
  expect({ pod, host, proto }).toEqual({ pod: 'plain', host: HOST, proto: 'HTTP/1.1' });
  expect(names.asked).toContain(NAME);
  expect(echoOf(await get('/two')).proto).toBe('HTTP/2.0');
});

test('TLS holds the certificate against the name that is asked for', async () => {
  expect(echoOf(await get('/secure')).pod).toBe('secure');
  expect((await get('/stranger')).status).toBe(503);
});

test('a name is a whole name: the search path of the pod, which leads to Services, is not taken', async () => {
  expect((await get('/inside')).status).toBe(503);
  expect(names.asked).toContain('pay.shop');
  expect(names.asked.filter((name) => name.endsWith('.cluster.local'))).toEqual([]);
});

test('a backend that is not there gets a 500; one that leads elsewhere is followed, without a failed request', async () => {
  expect((await get('/absent')).status).toBe(500);
  let running = true;
  const statuses = new Set<number>();
  const clients = Array.from({ length: 4 }, async () => {
    while (running) statuses.add((await get('/plain')).status);
  });
  await fleet.apply(backendYaml('plain', backends.port('other'), '', 'other.example.net'));
  running = false;
  await Promise.all(clients);
  expect([...statuses]).toEqual([200]);
  expect(echoOf(await get('/plain')).pod).toBe('other');
  expect(fleet.log).toEqual([]);
});

/** PEM of what was proven to the backend. */
async function provenBy(path: string): Promise<readonly string[] | undefined> {
  const echo = echoOf(await get(path)) as { readonly tls?: { readonly peerCertificates?: readonly string[] } }; // the echo backend wrote it
  return echo.tls?.peerCertificates;
}

/** The same backend, with no connection that was there before. */
async function begunAnew(): Promise<void> {
  const port = backends.port('asking');
  const { certificate: cert, key } = await authority.issue(NAME);
  await backends.stop('asking');
  await backends.start('asking', { port, tls: { cert, key, ca: authority.certificate } });
}

describe('a client certificate of its own', () => {
  test('that is not there shuts the way to the backend, and to no other', async () => {
    expect((await get('/own')).status).toBe(500);
    expect(await provenBy('/common')).toBeUndefined();
  });

  test('is proven instead of that of the Gateway, which goes on to others', async () => {
    const [own, common] = await Promise.all([authority.issue('own'), authority.issue('common')]);
    await fleet.apply(PROVEN + tlsSecretYaml('own', own));
    // Without its certificate the Gateway speaks to nobody else over TLS.
    expect([await provenBy('/own'), (await get('/common')).status]).toEqual([[own.certificate], 503]);
    await fleet.apply(tlsSecretYaml('common', common));
    expect([await provenBy('/own'), await provenBy('/common')]).toEqual([[own.certificate], [common.certificate]]);
  });

  test('is renewed without touching a cluster, and nothing is sent when it is gone', async () => {
    const renewed = await authority.issue('own');
    const modified = await fleet.stat('cluster_manager.cluster_modified');
    const before = await fleet.clusters();
    await fleet.apply(tlsSecretYaml('own', renewed));
    expect((await get('/own')).status).toBe(200);
    await begunAnew();
    expect(await provenBy('/own')).toEqual([renewed.certificate]);
    expect(await fleet.clusters()).toEqual(before);
    expect(await fleet.stat('cluster_manager.cluster_modified')).toBe(modified);
    await fleet.remove('Secret', 'default/own');
    expect((await get('/own')).status).toBe(500);
    expect(fleet.log).toEqual([]);
  });
});
