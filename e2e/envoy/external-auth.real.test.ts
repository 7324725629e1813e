import { type Answer, ask, echoOf } from '../harness/ask.ts';
import {
  type AuthorizationService,
  type Inquiry,
  PASSWORD,
  startGrpcAuthorization,
  startHttpAuthorization,
} from '../harness/authorization-service.ts';
import { type Backends, backendsYaml, endpointYaml, serviceYaml, startBackends } from '../harness/backends.ts';
import { type Fleet, gatewayYaml, startFleet } from '../harness/fleet.ts';
import { httpRouteYaml } from '../harness/route-yaml.ts';

const HOST = 'auth.example.com';

const filter = (protocol: 'HTTP' | 'GRPC', service: string, settings = '', more = ''): string =>
  `{ type: ExternalAuth, externalAuth: { protocol: ${protocol}, ${protocol.toLowerCase()}: { ${settings} }, backendRef: { name: ${service}, port: 8080 }${more} } }`;
const rule = (path: string, of: string, own = ''): string =>
  `{ matches: [{ path: { value: ${path} } }], filters: [${of}], backendRefs: [{ name: a, port: 8080, filters: [${own}] }] }`;

const ROUTE = httpRouteYaml(
  'one',
  [
    rule('/open', ''),
    rule('/http', filter('HTTP', 'http-auth')),
    rule('/named', filter('HTTP', 'http-auth', 'path: check, allowedHeaders: [X-User], allowedResponseHeaders: [x-checked]')),
    rule('/body', filter('HTTP', 'http-auth', '', ', forwardBody: { maxSize: 8 }')),
    rule('/grpc', filter('GRPC', 'grpc-auth')),
    rule('/grpc-named', filter('GRPC', 'grpc-auth', 'allowedHeaders: [authorization, x-user]', ', forwardBody: { maxSize: 8 }')),
    rule('/own', '', filter('HTTP', 'http-auth')),
    rule('/nobody', filter('HTTP', 'nobody')),
    rule('/no-endpoints', filter('HTTP', 'alone')),
    rule('/not-grpc', filter('GRPC', 'http-auth')),
  ],
  HOST,
);

let backends: Backends;
let http: AuthorizationService;
let grpc: AuthorizationService;
let fleet: Fleet;

beforeAll(async () => {
  [backends, http, grpc] = await Promise.all([startBackends('a'), startHttpAuthorization(), startGrpcAuthorization()]);
  const services = [
    serviceYaml('http-auth') + endpointYaml('http-auth', http.port),
    serviceYaml('grpc-auth') + endpointYaml('grpc-auth', grpc.port),
    serviceYaml('alone'),
  ].join('');
  fleet = await startFleet({
    objects: gatewayYaml('{ name: http, port: 80, protocol: HTTP }') + backendsYaml(backends, 'a') + services + ROUTE,
  });
}, 60_000);
afterAll(async () => {
  await fleet.stop();
  await Promise.all([backends.stopAll(), http.stop(), grpc.stop()]);
});

interface Asked {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const request = (path: string, authorization: string | undefined, { headers = {}, body }: Asked = {}): Promise<Answer> =>
  ask({
    port: fleet.port(80),
    host: HOST,
    path,
    headers: { ...headers, ...(authorization === undefined ? {} : { authorization }) },
    ...(body === undefined ? {} : { method: 'POST', body }),
  });

const last = (service: AuthorizationService): Inquiry => {
  const inquiry = service.inquiries.at(-1);
  if (inquiry === undefined) throw new Error('the service was not asked');
  return inquiry;
};

test.each(['/http', '/named', '/body', '/grpc', '/grpc-named', '/own'])('%s: who may pass passes, who may not is told so', async (path) => {
  expect(echoOf(await request(path, PASSWORD)).headers['X-Checked']).toEqual(['yes']);
  for (const wrong of [undefined, 'please']) {
    const { status, body } = await request(path, wrong);
    expect([status, body]).toEqual([401, 'who are you?']);
  }
});

test('a rule without the filter asks nobody', async () => {
  const before = http.inquiries.length + grpc.inquiries.length;
  expect((await request('/open', undefined)).status).toBe(200);
  expect(http.inquiries.length + grpc.inquiries.length).toBe(before);
});

test('the service is told host, method, path and authorization, and by name what else it may know', async () => {
  const headers = { 'x-user': 'somebody', 'x-secret': 'secret' };
  await request('/http/x?q=1', PASSWORD, { headers });
  expect(last(http)).toMatchObject({
    method: 'GET',
    path: '/http/x?q=1',
    headers: { host: HOST, authorization: PASSWORD, 'content-length': '0' },
  });
  expect(last(http).headers).not.toHaveProperty('x-user');
  await request('/named/x', PASSWORD, { headers });
  expect(last(http)).toMatchObject({ path: '/check/named/x', headers: { host: HOST, 'x-user': 'somebody' } });
  expect(last(http).headers).not.toHaveProperty('x-secret');
  await request('/grpc/x', PASSWORD, { headers });
  expect(last(grpc)).toMatchObject({ method: 'GET', path: '/grpc/x', headers });
  await request('/grpc-named/x', PASSWORD, { headers });
  expect(last(grpc).headers).toHaveProperty('x-user');
  expect(last(grpc).headers).not.toHaveProperty('x-secret');
});

test('headers of the answer go to the backend: all, or those that are named; the request stays itself', async () => {
  const all = echoOf(await request('/http', PASSWORD, { body: 'twelve bytes' }));
  expect(all).toMatchObject({ host: HOST, method: 'POST', headers: { 'X-Checked': ['yes'], 'X-Other': ['other'] } });
  expect(all.headers['Content-Length']).toEqual(['12']);
  const named = echoOf(await request('/named', PASSWORD));
  expect(named.headers['X-Checked']).toEqual(['yes']);
  expect(named.headers).not.toHaveProperty('X-Other');
});

test('a client that may not pass sees the headers of the answer', async () => {
  expect((await request('/http', undefined)).headers).toMatchObject({ 'www-authenticate': 'Basic', 'x-other': 'other' });
});

test('the service gets a body up to its limit; a longer one is refused', async () => {
  await request('/http', PASSWORD, { body: 'short' });
  expect(last(http)).toMatchObject({ body: '', headers: { 'content-length': '0' } });
  expect((await request('/body', PASSWORD, { body: 'short' })).status).toBe(200);
  expect(last(http)).toMatchObject({ body: 'short', headers: { 'content-length': '5' } });
  expect((await request('/grpc-named', PASSWORD, { body: 'short' })).status).toBe(200);
  expect(last(grpc).body).toBe('short');
  const before = http.inquiries.length;
  expect((await request('/body', PASSWORD, { body: 'much too long' })).status).toBe(413);
  expect(http.inquiries.length).toBe(before);
});

test.each<[string, string, number]>([
  ['/http', 'break', 403],
  ['/nobody', PASSWORD, 500],
  ['/no-endpoints', PASSWORD, 403],
  ['/not-grpc', PASSWORD, 403],
])('%s with %s: nobody passes where nobody says yes', async (path, authorization, status) => {
  expect((await request(path, authorization)).status).toBe(status);
});

test('a pattern that nobody can read keeps everybody out whom it may keep out, and nobody else', async () => {
  const guarded = (match: string): string => rule('/', filter('HTTP', 'http-auth')).replace('{ path: { value: / } }', match);
  const pattern = (value: string): string => `path: { type: RegularExpression, value: ${JSON.stringify(value)} }`;
  const rules = [
    rule('/', ''),
    guarded(`{ ${pattern('/admin/(?!public).*')} }`),
    guarded(`{ ${pattern('/shop/([a-z')}, method: POST }`),
    guarded('{ path: { value: /tenant }, headers: [{ name: x-tenant, type: RegularExpression, value: "(a" }] }'),
    guarded('{ path: { value: /query }, queryParams: [{ name: q, type: RegularExpression, value: "(?<!a)b" }] }'),
  ];
  await fleet.apply(httpRouteYaml('three', rules, 'three.example.com'));
  const status = async (path: string, more: { readonly method?: string; readonly headers?: Readonly<Record<string, string>> } = {}) =>
    (await ask({ port: fleet.port(80), host: 'three.example.com', path, ...more })).status;
  expect(await Promise.all(['/admin/users', '/admin/public', '/admin/?x'].map((path) => status(path)))).toEqual([500, 500, 500]);
  expect(await Promise.all(['/', '/admin', '/administer', '/shop/a'].map((path) => status(path)))).toEqual([200, 200, 200, 200]);
  expect(await status('/shop/a', { method: 'POST' })).toBe(500);
  expect(await status('/tenant', { headers: { 'x-tenant': 'a' } })).toBe(500);
  expect(await status('/tenant')).toBe(200);
  expect(await Promise.all(['/query?q=b', '/query?q=c', '/query'].map((path) => status(path)))).toEqual([500, 200, 200]);
});

test('a route that begins to ask does so for every request from then on', async () => {
  const route = (filters: string): string => httpRouteYaml('two', [rule('/', filters)], 'two.example.com');
  const status = async (): Promise<number> => (await ask({ port: fleet.port(80), host: 'two.example.com' })).status;
  await fleet.apply(route(''));
  expect(await status()).toBe(200);
  await fleet.apply(route(filter('GRPC', 'grpc-auth')));
  expect(await status()).toBe(401);
  expect(await fleet.stat('listener_manager.listener_modified')).toBe(0);
});
