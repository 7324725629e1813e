import { connect } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import { backendsYaml, serviceYaml } from '../harness/backends.ts';
import { type Fleet, gatewayYaml, startFleet } from '../harness/fleet.ts';
import { type GrpcBackend, startGrpcBackend } from '../harness/grpc-backend.ts';
import { type CallOptions, echoOf, GrpcClient, type Outcome } from '../harness/grpc-client.ts';
import { selfSigned, tlsSecretYaml } from '../harness/self-signed.ts';
import { until } from '../harness/until.ts';

const PODS = ['a', 'b', 'c'] as const;
const CERTIFICATE = selfSigned('*.example.com');

interface RouteYaml {
  readonly kind?: string;
  readonly name?: string;
  readonly created?: string;
}

const route = (host: string, rules: string, { kind = 'GRPCRoute', name = host, created = '2026-01-02' }: RouteYaml = {}): string => `---
apiVersion: gateway.networking.k8s.io/v1
kind: ${kind}
metadata: { name: ${name}, creationTimestamp: "${created}T00:00:00Z" }
spec:
  parentRefs: [{ name: gw }]
  hostnames: [${host}.example.com]
  rules: [${rules}]
`;

const to = (...pods: readonly string[]): string => `backendRefs: [${pods.map((pod) => `{ name: ${pod}, port: 8080 }`).join(', ')}]`;
const matching = (match: string, pod: string): string => `{ matches: [${match}], ${to(pod)} }`;
const filtered = (filters: string, pod: string): string => `{ filters: [${filters}], ${to(pod)} }`;

const ROUTES = [
  route('plain', `{ ${to('a')} }`),
  route(
    'matches',
    [
      matching('{ method: { service: shop.v1.Cart, method: Echo } }', 'a'),
      matching('{ method: { service: shop.v1.CartAdmin } }', 'b'),
      matching('{ method: { method: Add } }', 'c'),
    ].join(', '),
  ),
  route(
    'patterns',
    [
      matching('{ method: { type: RegularExpression, service: "^shop\\\\.v[0-9]+\\\\.Cart$", method: "E.*" } }', 'a'),
      matching('{ headers: [{ name: x-tier, type: RegularExpression, value: "gold|silver" }] }', 'b'),
    ].join(', '),
  ),
  route(
    'order',
    [
      '{ backendRefs: [{ name: nobody, port: 8080 }] }',
      matching('{ headers: [{ name: x-tier, value: gold }] }', 'a'),
      matching('{ method: { service: shop.v1.Cart } }', 'b'),
      matching('{ method: { service: shop.v1.Cart, method: Echo } }', 'c'),
    ].join(', '),
  ),
  route(
    'filters',
    filtered(
      [
        '{ type: RequestHeaderModifier, requestHeaderModifier: { set: [{ name: x-asked, value: "1" }], remove: [x-secret] } }',
        '{ type: ResponseHeaderModifier, responseHeaderModifier: { add: [{ name: x-answered, value: "1" }] } }',
        '{ type: RequestMirror, requestMirror: { backendRef: { name: b, port: 8080 } } }',
      ].join(', '),
      'a',
    ),
  ),
  route('extension', filtered('{ type: ExtensionRef, extensionRef: { group: example.org, kind: Filter, name: f } }', 'a')),
  route('pattern-bad', matching('{ method: { type: RegularExpression, service: "(?!x)" } }, { method: { method: Echo } }', 'a')),
  route('no-service', `{ ${to('nobody')} }`),
  route('no-backend', '{}'),
  route('no-endpoints', `{ ${to('alone')} }`),
  route('socket', `{ ${to('socket')} }`),
  route('half', `{ ${to('a', 'nobody')} }`),
  route(
    'split',
    '{ backendRefs: [{ name: a, port: 8080, weight: 7 }, { name: b, port: 8080, weight: 3 }, { name: c, port: 8080, weight: 0 }] }',
  ),
].join('');

let backends: Readonly<Record<(typeof PODS)[number], GrpcBackend>>;
let fleet: Fleet;
const clients = new Map<string, GrpcClient>();

beforeAll(async () => {
  const [a, b, c] = await Promise.all([startGrpcBackend('a'), startGrpcBackend('b'), startGrpcBackend('c')]);
  backends = { a, b, c };
  const ports: Readonly<Record<string, GrpcBackend>> = backends;
  fleet = await startFleet({
    objects: [
      gatewayYaml(
        '{ name: http, port: 80, protocol: HTTP }',
        '{ name: https, port: 443, protocol: HTTPS, tls: { certificateRefs: [{ name: cert }] } }',
      ),
      tlsSecretYaml('cert', CERTIFICATE),
      backendsYaml({ port: (pod) => ports[pod]?.port ?? 0 }, ...PODS),
      serviceYaml('alone'),
      serviceYaml('socket', 'kubernetes.io/ws'),
      ROUTES,
    ].join(''),
    ports: [80, 443],
  });
}, 60_000);
afterAll(async () => {
  for (const client of clients.values()) client.close();
  await fleet.stop();
  for (const backend of Object.values(backends)) backend.stop();
});

function clientOf(host: string): GrpcClient {
  const client = clients.get(host) ?? new GrpcClient({ port: fleet.port(80), host: `${host}.example.com` });
  clients.set(host, client);
  return client;
}

const call = (host: string, path = '/shop.v1.Cart/Echo', options: CallOptions = {}): Promise<Outcome> => clientOf(host).call(path, options);
/** The pod, or the status. */
const outcome = async (...asked: Parameters<typeof call>): Promise<string> => {
  const { echo, status } = await call(...asked);
  return echo?.pod ?? status;
};

test.each<[string, string, Readonly<Record<string, string>>, string]>([
  ['matches', '/shop.v1.Cart/Echo', {}, 'a'],
  ['matches', '/shop.v1.Cart/Add', {}, 'c'],
  ['matches', '/shop.v1.CartAdmin/Echo', {}, 'b'],
  ['matches', '/shop.v1.CartAdmin/Add', {}, 'b'],
  ['matches', '/store.Stock/Add', {}, 'c'],
  ['matches', '/store.Stock/Echo', {}, 'UNIMPLEMENTED'],
  ['patterns', '/shop.v2.Cart/Echo', {}, 'a'],
  ['patterns', '/shop.v2.Cart/Add', {}, 'UNIMPLEMENTED'],
  ['patterns', '/shop.v1.CartAdmin/Echo', {}, 'UNIMPLEMENTED'],
  ['patterns', '/shop.v1.CartAdmin/Echo', { 'x-tier': 'silver' }, 'b'],
  ['patterns', '/shop.v1.CartAdmin/Echo', { 'x-tier': 'bronze' }, 'UNIMPLEMENTED'],
  ['order', '/shop.v1.Cart/Echo', { 'x-tier': 'gold' }, 'c'],
  ['order', '/shop.v1.Cart/Add', { 'x-tier': 'gold' }, 'b'],
  ['order', '/store.Stock/Add', { 'x-tier': 'gold' }, 'a'],
  ['order', '/store.Stock/Add', {}, 'UNAVAILABLE'],
  ['plain', '/store.Stock/Nothing', {}, 'UNIMPLEMENTED'],
  ['unknown', '/shop.v1.Cart/Echo', {}, 'UNIMPLEMENTED'],
])('%s%s with %j goes to %s', async (host, path, headers, expected) => {
  expect(await outcome(host, path, { headers })).toBe(expected);
});

test.each(['extension', 'pattern-bad', 'no-service', 'no-backend', 'no-endpoints', 'socket'])('%s answers UNAVAILABLE', async (host) => {
  expect(await outcome(host)).toBe('UNAVAILABLE');
});

test('over TLS, by HTTP/2 without an upgrade', async () => {
  const client = new GrpcClient({ port: fleet.port(443), host: 'plain.example.com', ca: CERTIFICATE.certificate });
  expect((await client.call('/shop.v1.Cart/Echo')).echo?.pod).toBe('a');
  client.close();
});

test('filters work on headers of calls and answers, and a copy goes to the mirror', async () => {
  const before = backends.b.calls.length;
  const { echo, headers } = await call('filters', '/shop.v1.Cart/Echo', { headers: { 'x-secret': 's' }, said: 'copied' });
  expect(echo?.metadata).toMatchObject({ 'x-asked': '1' });
  expect(echo?.metadata).not.toHaveProperty('x-secret');
  expect(headers).toMatchObject({ 'x-answered': '1' });
  await until('the copy is there', async () => backends.b.calls.slice(before).find(({ said }) => said === 'copied'));
});

test('calls are counted by cluster and status, and no method has series of its own', async () => {
  const counters = async (): Promise<string> => fleet.envoy.admin('/stats?filter=grpc');
  const succeeded = async (): Promise<number> =>
    Number(/^cluster\.service\/default\/a\/8080\/\w+\.grpc\.0: (\d+)$/m.exec(await counters())?.[1] ?? 0);
  const before = await succeeded();
  expect(await outcome('plain')).toBe('a');
  await until('it is counted', async () => ((await succeeded()) === before + 1 ? true : undefined));
  expect(await counters()).not.toContain('Cart');
});

/** How many of 300 calls had each outcome. */
async function shares(host: string): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (let i = 0; i < 300; i += 1) {
    const name = await outcome(host);
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

test.each<[string, Readonly<Record<string, readonly [atLeast: number, atMost: number]>>]>([
  ['split', { a: [170, 250], b: [50, 130] }],
  ['half', { a: [105, 195], UNAVAILABLE: [105, 195] }],
])('shares of %s: %j', async (host, expected) => {
  const counts = await shares(host);
  expect(Object.keys(counts).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, [atLeast, atMost]] of Object.entries(expected)) {
    expect(counts[name]).toBeGreaterThanOrEqual(atLeast);
    expect(counts[name]).toBeLessThanOrEqual(atMost);
  }
});

/** The status of a stream that the client sets no deadline for, but its headers do. */
function statusByHeader(path: string, timeout: string): Promise<string | undefined> {
  const session = connect(`http://127.0.0.1:${fleet.port(80)}`);
  const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    ':authority': 'plain.example.com',
    'content-type': 'application/grpc',
    te: 'trailers',
    'grpc-timeout': timeout,
  });
  const read = (headers: Readonly<Record<string, unknown>>): unknown =>
    headers['grpc-status'] === undefined ? undefined : resolve(String(headers['grpc-status']));
  stream.on('response', read).on('trailers', read).on('error', reject);
  // One message of gRPC: 100 answers, the first one after 100 ms.
  stream.end(Buffer.concat([Buffer.from([0, 0, 0, 0, 3]), Buffer.from('100')]));
  return promise.finally(() => session.destroy());
}

test('a call ends when the deadline that it names has passed', async () => {
  expect(await statusByHeader('/shop.v1.Cart/Watch', '50m')).toBe('4');
});

test('a stream without a deadline outlives what Envoy gives a request, and a change of its route', async () => {
  await fleet.apply(route('stream', `{ ${to('a')} }`));
  const stream = clientOf('stream').watch('/shop.v1.Cart/Watch', 170);
  const pods: string[] = [];
  const ended = Promise.withResolvers<void>();
  stream.on('data', (reply: Buffer) => pods.push(echoOf(reply).pod));
  stream.on('end', ended.resolve).on('error', ended.reject);
  await until('it flows', async () => (pods.length > 0 ? true : undefined));
  await fleet.apply(route('stream', `{ ${to('b')} }`));
  await until('new calls go elsewhere', async () => ((await outcome('stream')) === 'b' ? true : undefined));
  await ended.promise;
  expect(pods).toEqual(Array.from({ length: 170 }, () => 'a'));
}, 40_000);

/** Calls in four lanes for as long as `work` takes. */
async function calling(host: string, paths: readonly string[], work: () => Promise<unknown>): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  let over = false;
  const lane = async (first: number): Promise<void> => {
    for (let i = first; !over; i += 1) {
      const name = await outcome(host, paths[i % paths.length]);
      counts[name] = (counts[name] ?? 0) + 1;
      await sleep(2);
    }
  };
  const lanes = [0, 1, 2, 3].map(lane);
  try {
    await work();
  } finally {
    over = true;
    await Promise.all(lanes);
  }
  return counts;
}

test('rules, backends and weights change under calls and an open stream, and none fails', async () => {
  const echo = '{ method: { service: shop.v1.Cart, method: Echo } }';
  const add = '{ method: { method: Add } }';
  const stages = [
    `${matching(echo, 'a')}, ${matching(add, 'b')}`,
    `${matching(add, 'b')}, ${matching(echo, 'a')}`,
    `${matching(add, 'c')}, { ${to('a', 'b')} }`,
    `{ ${to('b', 'c')} }`,
    filtered('{ type: RequestHeaderModifier, requestHeaderModifier: { set: [{ name: x, value: y }] } }', 'c'),
    `${matching(echo, 'a')}, ${matching(add, 'b')}, { ${to('a')} }`,
  ];
  await fleet.apply(route('changes', `{ ${to('a')} }`));
  const chat = clientOf('changes').chat('/shop.v1.Cart/Chat');
  const heard: string[] = [];
  let broken: Error | undefined;
  chat.on('data', (reply: Buffer) => heard.push(echoOf(reply).said));
  chat.on('error', (error) => {
    broken = error;
  });
  const answers = async (said: string): Promise<void> => {
    chat.write(Buffer.from(said));
    await until('the stream answers', async () => {
      if (broken !== undefined) throw broken;
      return heard.includes(said) ? true : undefined;
    });
  };
  await answers('open');
  const counts = await calling('changes', ['/shop.v1.Cart/Echo', '/shop.v1.Cart/Add'], async () => {
    for (const [i, rules] of [...stages, ...stages].entries()) {
      await fleet.apply(route('changes', rules));
      await answers(String(i));
      await sleep(50);
    }
  });
  chat.end();
  expect(Object.keys(counts).sort()).toEqual(['a', 'b', 'c']);
}, 60_000);

test('an older HTTPRoute keeps a host from a GRPCRoute, which has it when the other goes', async () => {
  await fleet.apply(route('shared', `{ ${to('nobody')} }`, { kind: 'HTTPRoute', name: 'shared-web', created: '2026-01-01' }));
  await fleet.apply(route('shared', `{ ${to('a')} }`));
  expect(await outcome('shared')).toBe('UNKNOWN');
  await fleet.remove('HTTPRoute', 'default/shared-web');
  await until('the GRPCRoute has it', async () => ((await outcome('shared')) === 'a' ? true : undefined));
});
