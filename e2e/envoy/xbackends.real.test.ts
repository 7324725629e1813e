import { ask, echoOf } from '../harness/ask.ts';
import { type Backends, startBackends } from '../harness/backends.ts';
import { type Fleet, gatewayYaml, startFleet } from '../harness/fleet.ts';
import { type NameServer, startNameServer } from '../harness/name-server.ts';
import { httpRouteYaml } from '../harness/route-yaml.ts';
import { caConfigMapYaml, makeTestAuthority } from '../harness/test-authority.ts';

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

let names: NameServer;
let backends: Backends;
let fleet: Fleet;

beforeAll(async () => {
  const authority = await makeTestAuthority();
  const { certificate: cert, key } = await authority.issue(NAME);
  names = await startNameServer([NAME, 'other.example.net', 'pay.shop.svc.cluster.local']);
  backends = await startBackends('plain', 'other');
  await backends.start('secure', { tls: { cert, key } });
  fleet = await startFleet({
    enter: names.enter,
    objects:
      gatewayYaml('{ name: http, port: 80, protocol: HTTP }') +
      caConfigMapYaml('ca', authority.certificate) +
      routeYaml('plain', 'secure', 'stranger', 'inside', 'absent', 'two') +
      backendYaml('plain', backends.port('plain')) +
      backendYaml('secure', backends.port('secure'), tlsYaml(NAME)) +
      backendYaml('stranger', backends.port('secure'), tlsYaml('stranger.example.net')) +
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
