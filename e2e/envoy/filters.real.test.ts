import { ask, type Echo, echoOf } from '../harness/ask.ts';
import { type Backends, backendsYaml, endpointYaml, serviceYaml, startBackends } from '../harness/backends.ts';
import { type Fleet, gatewayYaml, startFleet } from '../harness/fleet.ts';
import { type RecordingBackend, startRecordingBackend } from '../harness/recording-backend.ts';
import { until } from '../harness/until.ts';

const HOST = 'filters.example.com';

interface RuleYaml {
  readonly path: string;
  readonly filters?: readonly string[];
  /** Of the backendRef. */
  readonly own?: readonly string[];
  readonly more?: string;
}

const rule = ({ path, filters = [], own = [], more = '' }: RuleYaml): string =>
  `    - { matches: [{ path: { value: ${path} } }], filters: [${filters.join(', ')}], ${more}backendRefs: [{ name: a, port: 8080, filters: [${own.join(', ')}] }] }\n`;
const request = (edits: string): string => `{ type: RequestHeaderModifier, requestHeaderModifier: { ${edits} } }`;
const response = (edits: string): string => `{ type: ResponseHeaderModifier, responseHeaderModifier: { ${edits} } }`;
const rewrite = (edits: string): string => `{ type: URLRewrite, urlRewrite: { ${edits} } }`;
const prefix = (to: string): string => rewrite(`path: { type: ReplacePrefixMatch, replacePrefixMatch: "${to}" }`);
const mirror = (service: string, share = ''): string =>
  `{ type: RequestMirror, requestMirror: { backendRef: { name: ${service}, port: 8080 }${share} } }`;
const cors = (policy: string): string => `{ type: CORS, cors: { ${policy} } }`;

const EDITS = 'set: [{ name: X-Set, value: "set 100%" }], add: [{ name: x-add, value: added }], remove: [x-remove, X-Gone]';
const RULES = [
  rule({ path: '/request', filters: [request(EDITS)] }),
  rule({ path: '/response', filters: [response(EDITS)] }),
  rule({
    path: '/own',
    filters: [request('set: [{ name: x-rule, value: rule }]')],
    own: [request('set: [{ name: x-set, value: backend }]'), response('set: [{ name: x-answer, value: backend }]')],
  }),
  rule({ path: '/own-host', own: [rewrite('hostname: own.example.org')] }),
  rule({ path: '/host', filters: [rewrite('hostname: new.example.org')] }),
  rule({ path: '/full', filters: [rewrite('path: { type: ReplaceFullPath, replaceFullPath: /new/path }')] }),
  rule({ path: '/prefix', filters: [prefix('/new')] }),
  rule({ path: '/strip', filters: [prefix('/')] }),
  rule({ path: '/empty', filters: [prefix('')] }),
  rule({ path: '/slash/', filters: [prefix('/new/')] }),
  rule({ path: '/both', filters: [rewrite('hostname: new.example.org, path: { type: ReplacePrefixMatch, replacePrefixMatch: /new }')] }),
  rule({ path: '/top', filters: [prefix('/deep/er')] }),
  rule({ path: '/mirror', filters: [mirror('recorded')] }),
  rule({ path: '/twice', filters: [mirror('recorded'), mirror('recorded-too')] }),
  rule({ path: '/no-mirror', filters: [mirror('recorded', ', percent: 0')] }),
  rule({ path: '/half-mirror', filters: [mirror('recorded', ', percent: 50')] }),
  rule({ path: '/lost-mirror', filters: [mirror('nobody')] }),
  rule({
    path: '/cors',
    filters: [
      cors(
        'allowOrigins: ["https://www.example.org", "https://*.wild.example.org"], allowMethods: [GET, PUT], allowHeaders: [x-a, x-b], exposeHeaders: [x-c], allowCredentials: true, maxAge: 60',
      ),
    ],
  }),
  rule({ path: '/request-timeout', more: 'timeouts: { request: 300ms }, ' }),
  rule({ path: '/backend-timeout', more: 'timeouts: { request: 10s, backendRequest: 300ms }, ' }),
  rule({ path: '/no-timeout', more: 'timeouts: { request: 0s }, ' }),
].join('');

const OBJECTS = `---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: one }
spec:
  parentRefs: [{ name: gw }]
  hostnames: [${HOST}]
  rules:
`;

let backends: Backends;
let recorder: RecordingBackend;
let second: RecordingBackend;
let fleet: Fleet;

beforeAll(async () => {
  [backends, recorder, second] = await Promise.all([startBackends('a'), startRecordingBackend(), startRecordingBackend()]);
  const recorded =
    serviceYaml('recorded') +
    endpointYaml('recorded', recorder.port) +
    serviceYaml('recorded-too') +
    endpointYaml('recorded-too', second.port);
  // A route has at most 16 rules.
  const lines = RULES.split('\n').filter((line) => line !== '');
  const routes = [lines.slice(0, 16), lines.slice(16)].map(
    (part, i) => `${OBJECTS.replace('name: one', `name: part-${i}`)}${part.join('\n')}\n`,
  );
  fleet = await startFleet({
    objects: gatewayYaml('{ name: http, port: 80, protocol: HTTP }') + backendsYaml(backends, 'a') + recorded + routes.join(''),
  });
}, 60_000);
afterAll(async () => {
  await fleet.stop();
  await Promise.all([backends.stopAll(), recorder.stop(), second.stop()]);
});

const answered = (path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET') =>
  ask({ port: fleet.port(80), host: HOST, path, headers, method });
const seen = async (path: string, headers: Readonly<Record<string, string>> = {}): Promise<Echo> => echoOf(await answered(path, headers));

test('request headers are set, added and removed', async () => {
  const { headers } = await seen('/request', { 'x-set': 'old', 'X-Add': 'old', 'x-remove': 'old', 'x-gone': 'old', 'x-stays': 'old' });
  expect(headers['X-Set']).toEqual(['set 100%']);
  expect((headers['X-Add'] ?? []).join(',')).toBe('old,added');
  expect(headers).not.toHaveProperty('X-Remove');
  expect(headers).not.toHaveProperty('X-Gone');
  expect(headers['X-Stays']).toEqual(['old']);
});

test('response headers are set, added and removed', async () => {
  const { headers } = await answered('/response', { 'x-echo-set-header': 'x-set:old,x-add:old,x-remove:old,x-gone:old,x-stays:old' });
  expect(headers).toMatchObject({ 'x-set': 'set 100%', 'x-add': 'old, added', 'x-stays': 'old' });
  expect(headers).not.toHaveProperty('x-remove');
  expect(headers).not.toHaveProperty('x-gone');
});

test('a backend has filters of its own beside those of the rule', async () => {
  const answer = await answered('/own');
  expect(echoOf(answer).headers).toMatchObject({ 'X-Set': ['backend'], 'X-Rule': ['rule'] });
  expect(answer.headers['x-answer']).toBe('backend');
  expect((await seen('/own-host')).host).toBe('own.example.org');
});

test.each([
  ['/host/x', '/host/x', 'new.example.org'],
  ['/full', '/new/path', HOST],
  ['/full/x?q=1', '/new/path?q=1', HOST],
  ['/prefix', '/new', HOST],
  ['/prefix/', '/new/', HOST],
  ['/prefix/x?q=1', '/new/x?q=1', HOST],
  ['/strip', '/', HOST],
  ['/strip/', '/', HOST],
  ['/strip/x', '/x', HOST],
  ['/strip?q=1', '/?q=1', HOST],
  ['/empty', '/', HOST],
  ['/empty/x', '/x', HOST],
  ['/slash', '/new', HOST],
  ['/slash/x', '/new/x', HOST],
  ['/both/x', '/new/x', 'new.example.org'],
  ['/top/x', '/deep/er/x', HOST],
])('%s is rewritten to %s at %s', async (path, expectedPath, expectedHost) => {
  expect(await seen(path)).toMatchObject({ path: expectedPath, host: expectedHost });
});

const mirrored = (backend: RecordingBackend, path: string): number => backend.requests.filter((one) => one.path === path).length;

test('a mirror gets the request too, and the client the answer of the backend', async () => {
  expect((await seen('/mirror/once', { 'x-a': '1' })).pod).toBe('a');
  await until('the mirror is asked', async () => mirrored(recorder, '/mirror/once') === 1 || undefined);
  expect(recorder.requests.find(({ path }) => path === '/mirror/once')?.headers).toMatchObject({ host: HOST, 'x-a': '1' });
});

test('two mirrors', async () => {
  expect((await seen('/twice')).pod).toBe('a');
  await until('both are asked', async () => (mirrored(recorder, '/twice') === 1 && mirrored(second, '/twice') === 1) || undefined);
});

test('a share of the requests is mirrored', async () => {
  for (let i = 0; i < 100; i += 1) await seen('/half-mirror');
  await seen('/no-mirror');
  // Mirrors are asked in order, so what was to come before has come.
  await seen('/mirror/last');
  await until('the last is there', async () => mirrored(recorder, '/mirror/last') === 1 || undefined);
  expect(mirrored(recorder, '/no-mirror')).toBe(0);
  expect(mirrored(recorder, '/half-mirror')).toBeGreaterThan(20);
  expect(mirrored(recorder, '/half-mirror')).toBeLessThan(80);
});

test('without its mirror a rule serves', async () => {
  expect((await seen('/lost-mirror')).pod).toBe('a');
});

describe('CORS', () => {
  const preflight = (origin: string, method = 'PUT') => answered('/cors', { origin, 'access-control-request-method': method }, 'OPTIONS');

  test.each(['https://www.example.org', 'https://a.wild.example.org', 'https://a.b.wild.example.org'])(
    'preflight of %s',
    async (origin) => {
      const { status, headers, body } = await preflight(origin);
      expect(status).toBe(200);
      expect(body).toBe('');
      expect(headers).toMatchObject({
        'access-control-allow-origin': origin,
        'access-control-allow-credentials': 'true',
        'access-control-allow-methods': 'GET, PUT',
        'access-control-allow-headers': 'x-a, x-b',
        'access-control-max-age': '60',
      });
    },
  );

  test.each(['https://other.example.org', 'http://www.example.org', 'https://www.example.org.evil.org'])(
    'preflight of the stranger %s',
    async (origin) => {
      const { headers, body } = await preflight(origin);
      expect(headers).not.toHaveProperty('access-control-allow-origin');
      expect(body).toBe('');
    },
  );

  test('the request itself', async () => {
    const answer = await answered('/cors', { origin: 'https://www.example.org' });
    expect(echoOf(answer).pod).toBe('a');
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': 'https://www.example.org',
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'x-c',
    });
    expect((await answered('/cors', { origin: 'https://other.example.org' })).headers).not.toHaveProperty('access-control-allow-origin');
  });
});

test.each<[string, number]>([
  ['/request-timeout?delay=2s', 504],
  ['/request-timeout', 200],
  ['/backend-timeout?delay=2s', 504],
  ['/backend-timeout', 200],
  ['/no-timeout?delay=500ms', 200],
])('timeouts: %s answers %i', async (path, status) => {
  expect((await answered(path)).status).toBe(status);
});
