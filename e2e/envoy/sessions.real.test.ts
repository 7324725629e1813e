import { type Answer, ask, echoOf } from '../harness/ask.ts';
import { type Backends, endpointYaml, serviceYaml, startBackends } from '../harness/backends.ts';
import { type Fleet, gatewayYaml, startFleet } from '../harness/fleet.ts';

/** Two endpoints of each of two Services. */
const PODS = ['a-1', 'a-2', 'b-1', 'b-2'] as const;

interface RouteYaml {
  readonly name: string;
  readonly session: string;
  readonly refs?: string;
  readonly path?: string;
}

const weighted = (a: number, b: number): string => `{ name: a, port: 8080, weight: ${a} }, { name: b, port: 8080, weight: ${b} }`;

const route = ({ name, session, refs = '{ name: a, port: 8080 }', path = '/' }: RouteYaml): string => `---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: ${name} }
spec:
  parentRefs: [{ name: gw }]
  hostnames: [${name}.example.com]
  rules: [{ matches: [{ path: { value: ${path} } }], sessionPersistence: { ${session} }, backendRefs: [${refs}] }]
`;

const ROUTES = [
  route({ name: 'cookie', session: 'sessionName: my-session' }),
  route({ name: 'path', session: '', path: '/shop' }),
  route({ name: 'permanent', session: 'absoluteTimeout: 2s, cookieConfig: { lifetimeType: Permanent }' }),
  route({ name: 'header', session: 'type: Header, sessionName: X-My-Session' }),
  route({ name: 'within', session: 'cookie: { name: my-session, path: /shop/basket }', path: '/shop' }),
  route({ name: 'within-path', session: 'absoluteTimeout: 2s, cookie: { lifetimeType: Permanent }', path: '/shop' }),
  route({ name: 'within-header', session: 'type: Header, header: { name: X-My-Session }' }),
  route({ name: 'split', session: 'sessionName: split', refs: weighted(1, 1) }),
  route({ name: 'split-header', session: 'type: Header, sessionName: x-split', refs: weighted(1, 1) }),
  route({ name: 'shift', session: 'sessionName: shift', refs: weighted(1, 0) }),
  route({ name: 'nine', session: 'sessionName: nine', refs: weighted(9, 1) }),
  route({ name: 'none', session: 'sessionName: none' }).replace('sessionPersistence: { sessionName: none }, ', ''),
].join('');

const endpoint = (backends: Backends, pod: string): string => endpointYaml(pod.slice(0, 1), backends.port(pod), pod);

let backends: Backends;
let fleet: Fleet;

beforeAll(async () => {
  backends = await startBackends(...PODS);
  fleet = await startFleet({
    objects: [
      gatewayYaml('{ name: http, port: 80, protocol: HTTP }'),
      ...['a', 'b'].map((service) => serviceYaml(service)),
      ...PODS.map((pod) => endpoint(backends, pod)),
      ROUTES,
    ].join(''),
  });
}, 60_000);
afterAll(async () => {
  await fleet.stop();
  await backends.stopAll();
});

const request = (name: string, headers: Readonly<Record<string, string>> = {}, path = '/'): Promise<Answer> =>
  ask({ port: fleet.port(80), host: `${name}.example.com`, path, headers });

/** What a client sends back: the cookie without its attributes. */
const cookieOf = (answer: Answer): string => answer.headers['set-cookie']?.[0]?.split(';')[0] ?? '';

const podsOf = async (name: string, headers: Readonly<Record<string, string>>): Promise<readonly string[]> => {
  const pods = new Set<string>();
  for (let i = 0; i < 30; i += 1) pods.add(echoOf(await request(name, headers)).pod);
  return [...pods].sort();
};

test('a session stays with its endpoint; others go everywhere', async () => {
  const first = await request('cookie');
  expect(first.headers['set-cookie']).toEqual([expect.stringMatching(/^my-session="?[^;]+"?; Path=\/; SameSite=Lax; HttpOnly$/i)]);
  expect(await podsOf('cookie', { cookie: `other=1; ${cookieOf(first)}` })).toEqual([echoOf(first).pod]);
  expect(await podsOf('cookie', {})).toEqual(['a-1', 'a-2']);
  expect((await request('none')).headers).not.toHaveProperty('set-cookie');
});

test('the endpoint of a session is not told anew', async () => {
  const cookie = cookieOf(await request('cookie'));
  expect((await request('cookie', { cookie })).headers).not.toHaveProperty('set-cookie');
});

test('a cookie is for the paths of the match', async () => {
  const answer = await request('path', {}, '/shop/basket');
  expect(answer.headers['set-cookie']?.[0]).toMatch(/^session-[0-9A-Za-z]{10}=.*; Path=\/shop; /);
});

test('a permanent cookie ends', async () => {
  const first = await request('permanent');
  expect(first.headers['set-cookie']?.[0]).toMatch(/; Max-Age=2;/);
  const cookie = cookieOf(first);
  expect(await podsOf('permanent', { cookie })).toEqual([echoOf(first).pod]);
  await new Promise((resolve) => setTimeout(resolve, 3100));
  // Whoever sends it still has no session any more.
  expect(await podsOf('permanent', { cookie })).toEqual(['a-1', 'a-2']);
});

test('a cookie of the shape of v1.7 has the path that it says, by default all of the host', async () => {
  const said = await request('within', {}, '/shop/basket');
  expect(said.headers['set-cookie']?.[0]).toMatch(/^my-session=.*; Path=\/shop\/basket; SameSite=Lax; HttpOnly$/i);
  expect((await request('within', {}, '/shop')).headers).not.toHaveProperty('set-cookie');
  const unsaid = await request('within-path', {}, '/shop');
  expect(unsaid.headers['set-cookie']?.[0]).toMatch(/^session-[0-9A-Za-z]{10}=.*; Max-Age=2; Path=\/; /);
});

test.each(['header', 'within-header'])('%s: a header holds a session as a cookie does', async (name) => {
  const first = await request(name);
  const token = String(first.headers['x-my-session']);
  expect(await podsOf(name, { 'x-my-session': token })).toEqual([echoOf(first).pod]);
});

test.each<[string, (answer: Answer) => Readonly<Record<string, string>>]>([
  ['split', (answer) => ({ cookie: cookieOf(answer) })],
  ['split-header', (answer) => ({ 'x-split': String(answer.headers['x-split']) })],
])('%s: a session stays with its endpoint among those of two backends', async (name, headersOf) => {
  expect(await podsOf(name, {})).toEqual([...PODS]);
  for (let i = 0; i < 4; i += 1) {
    const first = await request(name);
    expect(await podsOf(name, headersOf(first))).toEqual([echoOf(first).pod]);
  }
});

test('requests of no session go by weight', async () => {
  let toB = 0;
  for (let i = 0; i < 300; i += 1) if (echoOf(await request('nine')).pod.startsWith('b')) toB += 1;
  expect(toB).toBeGreaterThan(8);
  expect(toB).toBeLessThan(65);
});

test('a session outlives a shift of the weights, also to nothing', async () => {
  const first = await request('shift');
  expect(echoOf(first).pod).toMatch(/^a/);
  await fleet.apply(route({ name: 'shift', session: 'sessionName: shift', refs: weighted(0, 1) }));
  expect(await podsOf('shift', { cookie: cookieOf(first) })).toEqual([echoOf(first).pod]);
  expect(await podsOf('shift', {})).toEqual(['b-1', 'b-2']);
});

test('where its endpoint is gone, a session goes on with another', async () => {
  const first = await request('split');
  const { pod } = echoOf(first);
  await fleet.remove('EndpointSlice', `default/${pod}`);
  const next = await request('split', { cookie: cookieOf(first) });
  expect(echoOf(next).pod).not.toBe(pod);
  expect(await podsOf('split', { cookie: cookieOf(next) })).toEqual([echoOf(next).pod]);
  await fleet.apply(endpoint(backends, pod));
  expect(fleet.log).toEqual([]);
});
