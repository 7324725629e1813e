import { ask } from '../harness/ask.ts';
import { startBackedFleet } from '../harness/backed-fleet.ts';
import { type Fleet, gatewayYaml } from '../harness/fleet.ts';
import { selfSigned, tlsSecretYaml } from '../harness/self-signed.ts';

/** A rule for a path of its own. */
const rule = (path: string, redirect: string): string =>
  `{ matches: [{ path: { value: ${path} } }], filters: [{ type: RequestRedirect, requestRedirect: { ${redirect} } }] }`;
const full = (path: string): string => `path: { type: ReplaceFullPath, replaceFullPath: ${path} }`;
const prefix = (path: string): string => `path: { type: ReplacePrefixMatch, replacePrefixMatch: "${path}" }`;

const route = (name: string, hosts: string, ...rules: readonly string[]): string => `---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: ${name} }
spec:
  parentRefs: [{ name: gw }]
  hostnames: [${hosts}]
  rules: [${rules.join(', ')}]
`;

const ROUTES =
  route(
    'ports',
    'r.example.com, "*.wild.example.com"',
    rule('/plain', ''),
    rule('/http', 'scheme: http'),
    rule('/https', 'scheme: https'),
    rule('/port-80', 'port: 80'),
    rule('/port-443', 'port: 443'),
    rule('/port-9000', 'port: 9000'),
    rule('/http-80', 'scheme: http, port: 80'),
    rule('/http-443', 'scheme: http, port: 443'),
    rule('/https-80', 'scheme: https, port: 80'),
    rule('/https-443', 'scheme: https, port: 443'),
    rule('/https-9000', 'scheme: https, port: 9000'),
    rule('/host', 'hostname: other.example.org'),
    rule('/host-https', 'hostname: other.example.org, scheme: https'),
    rule('/all', `hostname: other.example.org, scheme: https, port: 9000, statusCode: 301, ${full('/done')}`),
  ) +
  route('any', '', rule('/https', 'scheme: https')) +
  route(
    'paths',
    'p.example.com',
    rule('/full', full('/new/path')),
    rule('/prefix', prefix('/new')),
    rule('/strip', prefix('/')),
    rule('/slash/', prefix('/new/')),
    rule('/empty', prefix('')),
    rule('/', prefix('/top')),
  ) +
  route(
    'codes',
    'c.example.com',
    ...[301, 302, 303, 307, 308].map((code) => rule(`/${code}`, `statusCode: ${code}`)),
    rule('/none', 'scheme: https'),
  );

let fleet: Fleet;

beforeAll(async () => {
  const gateway = gatewayYaml(
    '{ name: http, port: 80, protocol: HTTP }',
    '{ name: other, port: 8080, protocol: HTTP }',
    '{ name: https, port: 443, protocol: HTTPS, tls: { certificateRefs: [{ name: all }] } }',
    '{ name: secure, port: 8443, protocol: HTTPS, tls: { certificateRefs: [{ name: all }] } }',
  );
  fleet = await startBackedFleet(['a'], {
    objects: gateway + tlsSecretYaml('all', selfSigned('r.example.com')) + ROUTES,
    ports: [80, 8080, 443, 8443],
  });
}, 60_000);
afterAll(() => fleet.stop());

async function locationOf(listener: number, host: string, path: string): Promise<string> {
  const name = host.split(':')[0] ?? '';
  const answer = await ask({ port: fleet.port(listener), host, path, ...(listener === 443 || listener === 8443 ? { sni: name } : {}) });
  return `${answer.status} ${answer.headers.location}`;
}

/**
 * HTTPRequestRedirectFilter, `port`: the given one; else the well-known port of the given scheme; else the listener's. The well-known port of the
 * resulting scheme is left out.
 */
const EXPECTED: Readonly<Record<string, readonly [http80: string, http8080: string, https443: string, https8443: string]>> = {
  '/plain': ['http://HOST', 'http://HOST:8080', 'https://HOST', 'https://HOST:8443'],
  '/http': ['http://HOST', 'http://HOST', 'http://HOST', 'http://HOST'],
  '/https': ['https://HOST', 'https://HOST', 'https://HOST', 'https://HOST'],
  '/port-80': ['http://HOST', 'http://HOST', 'https://HOST:80', 'https://HOST:80'],
  '/port-443': ['http://HOST:443', 'http://HOST:443', 'https://HOST', 'https://HOST'],
  '/port-9000': ['http://HOST:9000', 'http://HOST:9000', 'https://HOST:9000', 'https://HOST:9000'],
  '/http-80': ['http://HOST', 'http://HOST', 'http://HOST', 'http://HOST'],
  '/http-443': ['http://HOST:443', 'http://HOST:443', 'http://HOST:443', 'http://HOST:443'],
  '/https-80': ['https://HOST:80', 'https://HOST:80', 'https://HOST:80', 'https://HOST:80'],
  '/https-443': ['https://HOST', 'https://HOST', 'https://HOST', 'https://HOST'],
  '/https-9000': ['https://HOST:9000', 'https://HOST:9000', 'https://HOST:9000', 'https://HOST:9000'],
  '/host': ['http://other.example.org', 'http://other.example.org:8080', 'https://other.example.org', 'https://other.example.org:8443'],
  '/host-https': ['https://other.example.org', 'https://other.example.org', 'https://other.example.org', 'https://other.example.org'],
};

const LISTENERS = [80, 8080, 443, 8443] as const;
const table = Object.entries(EXPECTED).flatMap(([path, bases]) =>
  LISTENERS.map((listener, i) => [path, listener, bases[i] ?? ''] as const),
);

test.each(table)('%s on port %i -> %s', async (path, listener, base) => {
  const expected = (host: string): string => `302 ${base.replace('HOST', host)}${path}/x?q=1`;
  expect(await locationOf(listener, 'r.example.com', `${path}/x?q=1`)).toBe(expected('r.example.com'));
  expect(await locationOf(listener, 'x.wild.example.com', `${path}/x?q=1`)).toBe(expected('x.wild.example.com'));
});

/**
 * A client says the port that it went to, which is not the Gateway's where the proxy binds another. It stays only where the redirect leads back to the
 * same listener and its port is not said otherwise.
 */
const staysPut = (path: string, listener: number): boolean => path === '/plain' && (listener === 80 || listener === 443);
const moved = table.filter(([path, listener]) => !staysPut(path, listener));

test.each(moved)('%s on port %i -> %s, whatever port the client names', async (path, listener, base) => {
  expect(await locationOf(listener, 'r.example.com:12345', path)).toBe(`302 ${base.replace('HOST', 'r.example.com')}${path}`);
});

/** Envoy puts no default port into the host that it keeps, but replaces what is there. */
const DEFAULT_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443 };
const withPort = (url: string): string => (/:\d+$/.test(url) ? url : `${url}:${DEFAULT_PORTS[url.split(':')[0] ?? '']}`);

test.each(moved)('%s on port %i -> %s under a wildcard, whatever port the client names', async (path, listener, base) => {
  const location = await locationOf(listener, 'x.wild.example.com:12345', `${path}?q=1`);
  const expected = base.includes('HOST') ? withPort(base.replace('HOST', 'x.wild.example.com')) : base;
  expect(location).toBe(`302 ${expected}${path}?q=1`);
});

test('an IPv6 address has colons and no port', async () => {
  expect(await locationOf(80, '[::1]', '/https')).toBe('302 https://[::1]/https');
  expect(await locationOf(80, '[::1]:12345', '/https')).toBe('302 https://[::1]:443/https');
});

test.each([80, 443])('a redirect back to port %i stays where the client is', async (listener) => {
  expect(await locationOf(listener, 'r.example.com:12345', '/plain')).toMatch(/^302 https?:\/\/r\.example\.com:12345\/plain$/);
});

test('everything at once', async () => {
  expect(await locationOf(80, 'r.example.com', '/all/x?q=1')).toBe('301 https://other.example.org:9000/done?q=1');
});

test.each([
  ['/full', '/new/path'],
  ['/full/x?q=1', '/new/path?q=1'],
  ['/prefix', '/new'],
  ['/prefix/', '/new/'],
  ['/prefix/x?q=1', '/new/x?q=1'],
  ['/strip', '/'],
  ['/strip/', '/'],
  ['/strip/x', '/x'],
  ['/strip?q=1', '/?q=1'],
  ['/slash', '/new'],
  ['/slash/', '/new/'],
  ['/slash/x', '/new/x'],
  ['/empty/x', '/x'],
  ['/x/y', '/top/x/y'],
])('path %s -> %s', async (path, expected) => {
  expect(await locationOf(80, 'p.example.com', path)).toBe(`302 http://p.example.com${expected}`);
});

test.each([301, 302, 303, 307, 308])('status %i', async (code) => {
  expect(await locationOf(80, 'c.example.com', `/${code}`)).toBe(`${code} http://c.example.com/${code}`);
});

test('302 where no status is given', async () => {
  expect(await locationOf(80, 'c.example.com', '/none')).toBe('302 https://c.example.com/none');
});
