import { type Answer, ask, echoOf } from '../harness/ask.ts';
import { type AuthorizationService, PASSWORD, startGrpcAuthorization, startHttpAuthorization } from '../harness/authorization-service.ts';
import { type Backends, backendsYaml, endpointYaml, serviceYaml, startBackends } from '../harness/backends.ts';
import { type Fleet, gatewayYaml, startFleet } from '../harness/fleet.ts';
import { selfSigned, tlsSecretYaml } from '../harness/self-signed.ts';

const filter = (protocol: 'HTTP' | 'GRPC', service: string, settings = ''): string =>
  `{ type: ExternalAuth, externalAuth: { protocol: ${protocol}, ${protocol.toLowerCase()}: { ${settings} }, backendRef: { name: ${service}, port: 8080 } } }`;
const listener = (name: string, of: readonly string[] | undefined): string =>
  `{ name: ${name}, port: 80, protocol: HTTP, hostname: "${name}.example.com"${of === undefined ? '' : `, filters: { requests: [${of.join(', ')}] }`} }`;

const HTTP = filter('HTTP', 'http-auth');
const GRPC = filter('GRPC', 'grpc-auth');
const LISTENERS: readonly (readonly [string, readonly string[] | undefined])[] = [
  ['open', undefined],
  ['http', [HTTP]],
  ['grpc', [GRPC]],
  ['both', [HTTP, GRPC]],
  ['nobody', [filter('HTTP', 'nobody')]],
  ['silent', [GRPC, filter('HTTP', 'alone')]],
];

/** Of all hosts; what the services add chooses the backend. */
const ROUTE = `---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: all }
spec:
  parentRefs: [{ name: gw }]
  rules:
    - { matches: [{ path: { value: /app } }], backendRefs: [{ name: a, port: 8080 }] }
    - { matches: [{ path: { value: /app }, headers: [{ name: x-checked, value: "yes" }] }], backendRefs: [{ name: b, port: 8080 }] }
    - matches: [{ path: { value: /session }, headers: [{ name: x-checked, value: "yes" }] }]
      sessionPersistence: { sessionName: s, type: Cookie }
      backendRefs: [{ name: a, port: 8080 }]
`;

let backends: Backends;
let http: AuthorizationService;
let grpc: AuthorizationService;
let fleet: Fleet;

const secure = (name: string, filters = ''): string =>
  `{ name: ${name}, port: 443, protocol: HTTPS, hostname: "${name}.example.com", tls: { certificateRefs: [{ name: tls }] }${filters} }`;
const SECURE = [secure('guarded', `, filters: { requests: [${HTTP}] }`), secure('public')];

const gateway = (listeners: typeof LISTENERS): string => gatewayYaml(...listeners.map(([name, of]) => listener(name, of)), ...SECURE);

beforeAll(async () => {
  [backends, http, grpc] = await Promise.all([startBackends('a', 'b'), startHttpAuthorization(), startGrpcAuthorization()]);
  const services = [
    serviceYaml('http-auth') + endpointYaml('http-auth', http.port),
    serviceYaml('grpc-auth') + endpointYaml('grpc-auth', grpc.port),
    serviceYaml('alone'),
  ].join('');
  fleet = await startFleet({
    objects: gateway(LISTENERS) + tlsSecretYaml('tls', selfSigned('*.example.com')) + backendsYaml(backends, 'a', 'b') + services + ROUTE,
    ports: [80, 443],
  });
}, 60_000);
afterAll(async () => {
  await fleet.stop();
  await Promise.all([backends.stopAll(), http.stop(), grpc.stop()]);
});

const request = (host: string, path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
  ask({ port: fleet.port(80), host: `${host}.example.com`, path, headers });
const statusOf = async (...asked: Parameters<typeof request>): Promise<number> => (await request(...asked)).status;
const inquiries = (): readonly number[] => [http.inquiries.length, grpc.inquiries.length];

/** How often each service is asked meanwhile. */
async function askedBy(work: () => Promise<unknown>): Promise<readonly number[]> {
  const before = inquiries();
  await work();
  return inquiries().map((count, i) => count - (before[i] ?? 0));
}

test.each(['http', 'grpc', 'both'])('%s: who may pass passes, who may not is told so, whether or not there is a route', async (host) => {
  expect(await statusOf(host, '/app', { authorization: PASSWORD })).toBe(200);
  expect(await statusOf(host, '/nowhere', { authorization: PASSWORD })).toBe(404);
  for (const path of ['/app', '/nowhere']) expect(await statusOf(host, path)).toBe(401);
});

test.each(['http', 'grpc', 'both'])('%s: what a service adds chooses the route', async (host) => {
  const answer = await request(host, '/app', { authorization: PASSWORD });
  expect([echoOf(answer).pod, echoOf(answer).headers['X-Checked']]).toEqual(['b', ['yes']]);
});

test('filters run in their order, each once, and none after one that refuses', async () => {
  expect(await askedBy(() => request('both', '/app', { authorization: PASSWORD }))).toEqual([1, 1]);
  expect(await askedBy(() => request('both', '/app'))).toEqual([1, 0]);
});

const allowed = (answer: string): Readonly<Record<string, string>> => ({ authorization: PASSWORD, 'x-answer': answer });

test('a service may change the path of a request, and never its host', async () => {
  const grpcOnly = echoOf(await request('grpc', '/app', allowed(':path=/app/changed')));
  expect(grpcOnly.path).toBe('/app/changed');
  for (const [host, name] of ['host', ':authority'].flatMap((each) => ['grpc', 'both'].map((from) => [from, each] as const))) {
    expect(echoOf(await request(host, '/app', allowed(`${name}=open.example.com`))).host).toBe(`${host}.example.com`);
  }
  expect(echoOf(await request('http', '/app', allowed('host=open.example.com'))).host).toBe('http.example.com');
});

test('a route that a service leads to has all that belongs to it', async () => {
  const { headers } = await request('grpc', '/session', { authorization: PASSWORD });
  expect(headers['set-cookie']?.[0]).toMatch(/^s="/);
  expect((await request('grpc', '/app', { authorization: PASSWORD })).headers).not.toHaveProperty('set-cookie');
});

test('a listener without filters of the same port asks nobody', async () => {
  expect(await askedBy(async () => expect(echoOf(await request('open', '/app')).pod).toBe('a'))).toEqual([0, 0]);
  expect(await askedBy(async () => expect(await statusOf('unknown', '/app')).toBe(404))).toEqual([0, 0]);
});

test('over TLS too; a request for a host of another listener is misdirected, and nobody is asked', async () => {
  const secureStatus = async (sni: string, host: string, headers = {}): Promise<number> =>
    (await ask({ port: fleet.port(443), sni: `${sni}.example.com`, host: `${host}.example.com`, path: '/app', headers })).status;
  expect([await secureStatus('guarded', 'guarded', { authorization: PASSWORD }), await secureStatus('guarded', 'guarded')]).toEqual([
    200, 401,
  ]);
  expect(await askedBy(async () => expect(await secureStatus('public', 'public')).toBe(200))).toEqual([0, 0]);
  for (const [sni, host] of [
    ['guarded', 'public'],
    ['public', 'guarded'],
  ] as const) {
    expect(await askedBy(async () => expect(await secureStatus(sni, host)).toBe(421))).toEqual([0, 0]);
  }
});

test('nobody passes where nobody says yes', async () => {
  for (const path of ['/app', '/nowhere']) {
    expect(await statusOf('nobody', path, { authorization: PASSWORD })).toBe(500);
    expect(await statusOf('silent', path, { authorization: PASSWORD })).toBe(403);
  }
});

test('connections stay, and ask from the next request on, when filters come and go', async () => {
  const asking = gateway(LISTENERS.map(([name, of]) => [name, name === 'open' ? [HTTP] : of] as const));
  await fleet.apply(asking);
  expect([await statusOf('open', '/app'), await statusOf('open', '/app', { authorization: PASSWORD })]).toEqual([401, 200]);
  await fleet.apply(gateway(LISTENERS));
  expect(await statusOf('open', '/app')).toBe(200);
  expect(await fleet.stat('listener_manager.listener_modified')).toBe(0);
});
