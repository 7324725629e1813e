import { type Answer, ask } from '../harness/ask.ts';
import { HTTP_GATEWAY, startBackedFleet } from '../harness/backed-fleet.ts';
import type { Fleet } from '../harness/fleet.ts';
import { httpRouteYaml } from '../harness/route-yaml.ts';

const HOST = 'cors.example.com';

const rule = (path: string, policy: string): string =>
  `{ matches: [{ path: { value: ${path} } }], filters: [{ type: CORS, cors: { ${policy} } }], backendRefs: [{ name: a, port: 8080 }] }`;

const ROUTE = httpRouteYaml(
  'one',
  [
    rule('/methods', 'allowOrigins: ["https://www.foo.com"], allowMethods: ["*"]'),
    rule('/origins', 'allowOrigins: ["*"], allowMethods: [PUT]'),
    rule('/all', 'allowOrigins: ["*"], allowMethods: ["*"], allowHeaders: ["*"], exposeHeaders: ["*"]'),
    rule('/all-known', 'allowOrigins: ["*"], allowMethods: ["*"], allowHeaders: ["*"], exposeHeaders: ["*"], allowCredentials: true'),
    rule('/default', 'allowOrigins: ["https://*.bar.com", "https://foo.com:443"]'),
  ],
  HOST,
);

let fleet: Fleet;

beforeAll(async () => {
  fleet = await startBackedFleet(['a'], { objects: HTTP_GATEWAY + ROUTE });
}, 60_000);
afterAll(() => fleet.stop());

const request = (path: string, headers: Readonly<Record<string, string>>, method = 'GET'): Promise<Answer> =>
  ask({ port: fleet.port(80), host: HOST, path, method, headers });

/** What a browser asks before it sends a PUT with two headers of its own. */
const preflight = (path: string, origin: string): Promise<Answer> =>
  request(path, { origin, 'access-control-request-method': 'PUT', 'access-control-request-headers': 'x-header-1,x-header-2' }, 'OPTIONS');

const CORS = ['origin', 'methods', 'headers', 'credentials'].map((name) => `access-control-allow-${name}`);

const corsOf = ({ headers }: Answer): readonly (string | undefined)[] => CORS.map((name) => headers[name]?.toString());

test.each<[string, string, readonly (string | RegExp | undefined)[]]>([
  ['/methods', 'https://www.foo.com', ['https://www.foo.com', /^(PUT|\*)$/, undefined, undefined]],
  ['/origins', 'https://foobar.com:12345', [/^(https:\/\/foobar.com:12345|\*)$/, 'PUT', undefined, undefined]],
  ['/all', 'https://other.foo.com', [/^(https:\/\/other.foo.com|\*)$/, /^(PUT|\*)$/, /^(x-header-1,x-header-2|\*)$/, undefined]],
  ['/all-known', 'https://other.foo.com', ['https://other.foo.com', 'PUT', 'x-header-1,x-header-2', 'true']],
  ['/default', 'https://a.b.bar.com', ['https://a.b.bar.com', undefined, undefined, undefined]],
  ['/default', 'https://foo.com', ['https://foo.com', undefined, undefined, undefined]],
  ['/default', 'https://bar.com', [undefined, undefined, undefined, undefined]],
])('preflight of %s from %s', async (path, origin, expected) => {
  const answer = await preflight(path, origin);
  expect(answer.status).toBe(200);
  expect(corsOf(answer)).toEqual(expected.map((each) => (each instanceof RegExp ? expect.stringMatching(each) : each)));
});

/** For `*` Envoy repeats what was asked for: here nothing. To browsers an empty list allows no header, and none was asked for (Fetch standard). */
test.each([
  ['/methods', undefined],
  ['/all', ''],
  ['/all-known', ''],
])('a preflight of %s that asks for no header', async (path, allowed) => {
  const answer = await request(path, { origin: 'https://www.foo.com', 'access-control-request-method': 'PUT' }, 'OPTIONS');
  expect(answer.status).toBe(200);
  expect(answer.headers['access-control-allow-headers']).toBe(allowed);
});

test('what may not be said together with credentials is not said', async () => {
  const origin = 'https://other.foo.com';
  expect((await request('/all', { origin })).headers).toMatchObject({ 'access-control-expose-headers': '*' });
  const { headers } = await request('/all-known', { origin });
  expect(headers).toMatchObject({ 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true' });
  expect(headers).not.toHaveProperty('access-control-expose-headers');
  const bare = await request('/all-known', { origin, 'access-control-request-method': 'PUT' }, 'OPTIONS');
  expect(bare.headers['access-control-allow-headers'] ?? '').toBe('');
});

test('the answer to a preflight is kept for five seconds', async () => {
  expect((await preflight('/origins', 'https://a.com')).headers['access-control-max-age']).toBe('5');
});
