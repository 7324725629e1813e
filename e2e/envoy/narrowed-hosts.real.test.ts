import { ask, echoOf } from '../harness/ask.ts';
import { startBackedFleet } from '../harness/backed-fleet.ts';
import { type Fleet, gatewayYaml } from '../harness/fleet.ts';

/** A route with one rule for each path, which may ask for a header; the backend learns the route's name. */
const route = (name: string, host: string | undefined, ...matches: readonly string[]): string => `---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: ${name} }
spec:
  parentRefs: [{ name: gw }]
  hostnames: [${host === undefined ? '' : `"${host}"`}]
  rules:
${matches
  .map(
    (match) => `    - matches: [${match}]
      filters: [{ type: RequestHeaderModifier, requestHeaderModifier: { set: [{ name: x-route, value: ${name} }] } }]
      backendRefs: [{ name: a, port: 8080 }]
`,
  )
  .join('')}`;
const path = (value: string, more = ''): string => `{ path: { value: ${value} }${more} }`;
const header = (name: string): string => `, headers: [{ name: ${name}, value: "yes" }]`;

// By name, which decides between routes of one age, the broader ones would come first.
const OBJECTS = [
  gatewayYaml(
    '{ name: exact, port: 80, protocol: HTTP, hostname: abc.example.com }',
    '{ name: wild, port: 80, protocol: HTTP, hostname: "*.example.org" }',
  ),
  route('a-none', undefined, path('/'), path('/path/prefix/longest')),
  route('b-short', '*.com', path('/path/prefix/longer')),
  route('c-broad', '*.example.com', path('/path/prefix'), path('/only', header('b'))),
  route('d-exact', 'abc.example.com', path('/path'), path('/only', header('a'))),
  route('b-org', '*.org', path('/path/prefix')),
  route('c-org', '*.example.org', path('/path')),
].join('');

let fleet: Fleet;

beforeAll(async () => {
  fleet = await startBackedFleet(['a'], { objects: OBJECTS });
}, 60_000);
afterAll(() => fleet.stop());

const routeOf = async (host: string, at: string, headers: Readonly<Record<string, string>> = {}): Promise<string | undefined> =>
  echoOf(await ask({ port: fleet.port(80), host, path: at, headers })).headers['X-Route']?.[0];

test.each<[string, string, Readonly<Record<string, string>>, string]>([
  ['abc.example.com', '/path/prefix/longest', {}, 'd-exact'],
  ['abc.example.com', '/only', { a: 'yes', b: 'yes' }, 'd-exact'],
  ['abc.example.com', '/only', { b: 'yes' }, 'c-broad'],
  ['abc.example.com', '/elsewhere', {}, 'a-none'],
  ['any.example.org', '/path/prefix', {}, 'c-org'],
])('%s%s with %j goes to the route that names the most specific host and takes it', async (host, at, headers, expected) => {
  expect(await routeOf(host, at, headers)).toBe(expected);
});
