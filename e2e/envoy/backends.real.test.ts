import { request as httpRequest } from 'node:http';
import { ask, echoOf } from '../harness/ask.ts';
import { type Backends, backendsYaml, endpointYaml, serviceYaml, startBackends } from '../harness/backends.ts';
import { type Fleet, gatewayYaml, startFleet } from '../harness/fleet.ts';
import { type RecordingBackend, startRecordingBackend } from '../harness/recording-backend.ts';
import { until } from '../harness/until.ts';

const PODS = ['a', 'b'] as const;

const route = (name: string, backendRefs: string): string => `---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: ${name} }
spec:
  parentRefs: [{ name: gw }]
  hostnames: [${name}.example.com]
  rules: [{ matches: [{ path: { value: /served } }], backendRefs: [${backendRefs}] }]
`;

const GRANT = `---
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: { name: grant, namespace: elsewhere }
spec:
  from: [{ group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: default }]
  to: [{ group: "", kind: Service }]
`;

const ROUTES = [
  route('good', '{ name: a, port: 8080 }'),
  route('no-service', '{ name: nobody, port: 8080 }'),
  route('no-port', '{ name: a, port: 1 }'),
  route('no-kind', '{ group: example.org, kind: Bucket, name: a, port: 8080 }'),
  route('no-grant', '{ name: far, namespace: elsewhere, port: 8080 }'),
  route('no-backend', ''),
  route('no-weight', '{ name: a, port: 8080, weight: 0 }, { name: b, port: 8080, weight: 0 }'),
  route('no-endpoints', '{ name: alone, port: 8080 }'),
  route('half', '{ name: a, port: 8080 }, { name: nobody, port: 8080 }'),
  route('half-alone', '{ name: a, port: 8080 }, { name: alone, port: 8080 }'),
  route('split', '{ name: a, port: 8080, weight: 3 }, { name: b, port: 8080, weight: 1 }'),
  route('zero', '{ name: a, port: 8080, weight: 0 }, { name: b, port: 8080 }'),
  route('h2c', '{ name: h2c, port: 8080 }'),
  route('websocket', '{ name: websocket, port: 8080 }'),
].join('');

let backends: Backends;
let recorder: RecordingBackend;
let fleet: Fleet;

beforeAll(async () => {
  [backends, recorder] = await Promise.all([startBackends(...PODS), startRecordingBackend()]);
  const elsewhere = (yaml: string): string => yaml.replace('{ name: far', '{ namespace: elsewhere, name: far');
  const services = [
    serviceYaml('alone'),
    serviceYaml('h2c', 'kubernetes.io/h2c') + endpointYaml('h2c', backends.port('a')),
    serviceYaml('websocket', 'kubernetes.io/ws') + endpointYaml('websocket', recorder.port),
    elsewhere(serviceYaml('far')) + elsewhere(endpointYaml('far', backends.port('b'))),
  ].join('');
  fleet = await startFleet({
    objects: gatewayYaml('{ name: http, port: 80, protocol: HTTP }') + backendsYaml(backends, ...PODS) + services + ROUTES,
  });
}, 60_000);
afterAll(async () => {
  await fleet.stop();
  await Promise.all([backends.stopAll(), recorder.stop()]);
});

const answered = (name: string, path = '/served') => ask({ port: fleet.port(80), host: `${name}.example.com`, path });

test.each<[string, number]>([
  ['good', 200],
  ['no-service', 500],
  ['no-port', 500],
  ['no-kind', 500],
  ['no-grant', 500],
  ['no-backend', 500],
  ['no-weight', 500],
  ['no-endpoints', 503],
  ['unknown-host', 404],
])('%s answers %i', async (name, status) => {
  expect((await answered(name)).status).toBe(status);
});

test('a path that no rule matches answers 404, whatever the backends are', async () => {
  expect((await answered('good', '/other')).status).toBe(404);
  expect((await answered('no-service', '/other')).status).toBe(404);
});

/** How many of 200 requests had each outcome: the pod, or the status. */
async function outcomes(name: string): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (let i = 0; i < 200; i += 1) {
    const answer = await answered(name);
    const outcome = answer.status === 200 ? echoOf(answer).pod : String(answer.status);
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
  return counts;
}

test.each<[string, Readonly<Record<string, readonly [atLeast: number, atMost: number]>>]>([
  ['split', { a: [120, 180], b: [20, 80] }],
  ['half', { a: [65, 135], 500: [65, 135] }],
  ['half-alone', { a: [65, 135], 503: [65, 135] }],
  ['zero', { b: [200, 200] }],
])('shares of %s: %j', async (name, expected) => {
  const counts = await outcomes(name);
  expect(Object.keys(counts).sort()).toEqual(Object.keys(expected).sort());
  for (const [outcome, [atLeast, atMost]] of Object.entries(expected)) {
    expect(counts[outcome]).toBeGreaterThanOrEqual(atLeast);
    expect(counts[outcome]).toBeLessThanOrEqual(atMost);
  }
});

test('a Service that comes, gets endpoints and goes', async () => {
  const becomes = (outcome: number): Promise<true> =>
    until(`it answers ${outcome}`, async () => (await answered('no-service')).status === outcome || undefined);
  await fleet.apply(serviceYaml('nobody'));
  await becomes(503);
  await fleet.apply(endpointYaml('nobody', backends.port('b')));
  await becomes(200);
  await fleet.remove('EndpointSlice', 'default/nobody-1');
  await becomes(503);
  await fleet.remove('Service', 'default/nobody');
  await becomes(500);
});

test('a ReferenceGrant opens another namespace, and its removal closes it', async () => {
  await fleet.apply(GRANT);
  expect(echoOf(await answered('no-grant')).pod).toBe('b');
  await fleet.remove('ReferenceGrant', 'elsewhere/grant');
  await until('it is closed', async () => (await answered('no-grant')).status === 500 || undefined);
});

test('appProtocol kubernetes.io/h2c is spoken to in HTTP/2 without TLS', async () => {
  expect(echoOf(await answered('h2c')).proto).toBe('HTTP/2.0');
  expect(echoOf(await answered('good')).proto).toBe('HTTP/1.1');
});

test('a WebSocket is passed through, both ways', async () => {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const asked = httpRequest({
    host: '127.0.0.1',
    port: fleet.port(80),
    path: '/served/socket',
    headers: { host: 'websocket.example.com', connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' },
    agent: false,
  });
  asked.on('error', reject);
  asked.on('response', (response) => reject(new Error(`no upgrade but ${response.statusCode}`)));
  asked.on('upgrade', (response, socket, head) => {
    expect(response.statusCode).toBe(101);
    let said = head.toString();
    socket.on('error', reject);
    socket.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.length === 'over and out'.length) resolve(said);
    });
    socket.write('over ');
    socket.write('and out');
    void promise.finally(() => socket.destroy());
  });
  asked.end();
  expect(await promise).toBe('over and out');
  expect(recorder.requests.at(-1)).toMatchObject({ path: '/served/socket', headers: { upgrade: 'websocket' } });
});

test('a terminating endpoint serves only while there is no other', async () => {
  const slice = (pod: string, conditions: string): string =>
    endpointYaml('h2c', backends.port(pod), `h2c-${pod}`).replace(
      'addresses: [127.0.0.1]',
      `addresses: [127.0.0.1], conditions: { ${conditions} }`,
    );
  await fleet.remove('EndpointSlice', 'default/h2c-1');
  await fleet.apply(slice('a', 'ready: false, serving: true, terminating: true'));
  await until('the last one serves', async () => echoOf(await answered('h2c')).pod === 'a' || undefined);
  await fleet.apply(slice('b', 'ready: true'));
  await until('the ready one takes over', async () => echoOf(await answered('h2c')).pod === 'b' || undefined);
  for (let i = 0; i < 20; i += 1) expect(echoOf(await answered('h2c')).pod).toBe('b');
  await fleet.apply(slice('b', 'ready: false'));
  await until('the terminating one is back', async () => echoOf(await answered('h2c')).pod === 'a' || undefined);
});
