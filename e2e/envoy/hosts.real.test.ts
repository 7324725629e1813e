import { connect } from 'node:http2';
import { ask, echoOf } from '../harness/ask.ts';
import { startBackedFleet } from '../harness/backed-fleet.ts';
import { type Fleet, gatewayYaml } from '../harness/fleet.ts';
import { selfSigned, tlsSecretYaml } from '../harness/self-signed.ts';

const http = (name: string, host = ''): string =>
  `{ name: ${name}, port: 80, protocol: HTTP${host === '' ? '' : `, hostname: "${host}"`} }`;
const https = (name: string, host = ''): string =>
  `{ name: ${name}, port: 443, protocol: HTTPS${host === '' ? '' : `, hostname: "${host}"`}, tls: { certificateRefs: [{ name: ${name} }] } }`;

/** A route of one listener; the backend learns its name. */
const route = (name: string, listener: string, hosts: readonly string[] = [], path = '/'): string => `---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: ${name} }
spec:
  parentRefs: [{ name: gw, sectionName: ${listener} }]
  hostnames: [${hosts.map((host) => `"${host}"`).join(', ')}]
  rules:
    - matches: [{ path: { value: ${path} } }]
      filters: [{ type: RequestHeaderModifier, requestHeaderModifier: { set: [{ name: x-route, value: ${name} }] } }]
      backendRefs: [{ name: a, port: 8080 }]
`;

const OBJECTS = [
  gatewayYaml(
    http('any'),
    http('wildcard', '*.example.com'),
    http('deep', '*.deep.example.com'),
    http('exact', 'exact.example.com'),
    http('empty', 'empty.example.com'),
    https('tls-any'),
    https('tls-wildcard', '*.example.com'),
    https('tls-exact', 'secure.example.com'),
  ),
  tlsSecretYaml('tls-any', selfSigned('any.test')),
  tlsSecretYaml('tls-wildcard', selfSigned('*.example.com')),
  tlsSecretYaml('tls-exact', selfSigned('secure.example.com')),
  route('any', 'any'),
  route('wildcard', 'wildcard'),
  route('deep', 'deep'),
  route('exact', 'exact', [], '/only'),
  route('stray', 'wildcard', ['exact.example.com'], '/stray'),
  route('host-exact', 'wildcard', ['www.example.com'], '/part'),
  route('host-wildcard', 'wildcard', ['*.sub.example.com', '*.example.org']),
  route('foreign', 'exact', ['other.example.com']),
  route('tls-any', 'tls-any'),
  route('tls-wildcard', 'tls-wildcard'),
  route('tls-exact', 'tls-exact'),
].join('');

let fleet: Fleet;

beforeAll(async () => {
  fleet = await startBackedFleet(['a'], { objects: OBJECTS, ports: [80, 443] });
}, 60_000);
afterAll(() => fleet.stop());

async function routeOf(host: string, path: string, sni?: string): Promise<string | number> {
  const answer = await ask({ port: fleet.port(sni === undefined ? 80 : 443), host, path, ...(sni === undefined ? {} : { sni }) });
  return answer.status === 200 ? (echoOf(answer).headers['X-Route']?.join() ?? '') : answer.status;
}

test.each<[string, string, string | number]>([
  ['unrelated.test', '/', 'any'],
  ['example.com', '/', 'any'],
  ['exampleexample.com', '/', 'any'],
  ['one.example.com', '/', 'wildcard'],
  ['one.two.example.com', '/', 'wildcard'],
  ['x.deep.example.com', '/', 'deep'],
  ['x.y.deep.example.com', '/', 'deep'],
  ['deep.example.com', '/', 'wildcard'],
  ['exact.example.com', '/only', 'exact'],
  ['one.example.com:8080', '/', 'wildcard'],
  ['exact.example.com:1', '/only', 'exact'],
  ['EXACT.Example.COM', '/only', 'exact'],
  ['www.example.com', '/part', 'host-exact'],
  ['x.sub.example.com', '/', 'host-wildcard'],
  ['x.y.sub.example.com', '/', 'host-wildcard'],
  ['sub.example.com', '/', 'wildcard'],
  ['127.0.0.1', '/', 'any'],
])('%s%s is served by %s', async (host, path, expected) => {
  expect(await routeOf(host, path)).toBe(expected);
});

test.each<[string, string, string]>([
  ['a broader listener does not serve the host of a narrower one', 'exact.example.com', '/'],
  ['not even with a route that names the host', 'exact.example.com', '/stray'],
  ['nor where the narrower one has no route', 'empty.example.com', '/'],
  ['an exact host of a route does not fall through to a wildcard', 'www.example.com', '/'],
  ["a route's host outside of its listener's is not served", 'other.example.com', '/only'],
  ['nor is a wildcard outside of it', 'x.example.org', '/nowhere'],
])('%s', async (_name, host, path) => {
  const served = await routeOf(host, path);
  expect(['exact', 'stray', 'foreign', 'host-wildcard']).not.toContain(served);
  if (host.endsWith('.example.com') && host !== 'other.example.com') expect(served).toBe(404);
});

test.each<[string, string, string]>([
  ['secure.example.com', 'secure.example.com', 'tls-exact'],
  ['one.example.com', '*.example.com', 'tls-wildcard'],
  ['one.two.example.com', '*.example.com', 'tls-wildcard'],
  ['unrelated.test', 'any.test', 'tls-any'],
])('SNI %s is shown the certificate of %s and served by %s', async (sni, certificate, expected) => {
  const answer = await ask({ port: fleet.port(443), host: sni, sni });
  expect(answer.certificate).toBe(certificate);
  expect(echoOf(answer).headers['X-Route']).toEqual([expected]);
});

test("a connection for one host does not reach another listener's routes", async () => {
  expect(await routeOf('unrelated.test', '/', 'secure.example.com')).toBe(421);
  expect(await routeOf('one.example.com', '/', 'secure.example.com')).toBe(421);
});

test('HTTPS offers HTTP/2', async () => {
  const session = connect(`https://127.0.0.1:${fleet.port(443)}`, { servername: 'secure.example.com', rejectUnauthorized: false });
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  session.on('error', reject);
  const stream = session.request({ ':authority': 'secure.example.com', ':path': '/' });
  stream.on('response', (headers) => resolve(headers[':status'])).on('error', reject);
  stream.resume();
  expect(await promise).toBe(200);
  session.destroy();
});
