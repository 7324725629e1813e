import { endpointYaml, serviceYaml } from '../harness/backends.ts';
import { type Fleet, gatewayYaml, startFleet } from '../harness/fleet.ts';
import { type GrpcBackend, startGrpcBackend } from '../harness/grpc-backend.ts';
import { type CallOptions, GrpcClient, type Outcome } from '../harness/grpc-client.ts';

const ECHO = '/shop.v1.Cart/Echo';

const route = (name: string, session: string, refs: string): string => `---
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: { name: ${name} }
spec:
  parentRefs: [{ name: gw }]
  hostnames: [${name}.example.com]
  rules: [{ ${session === '' ? '' : `sessionPersistence: { ${session} }, `}backendRefs: [${refs}] }]
`;

const ONE = '{ name: a, port: 8080 }';
const TWO = '{ name: a, port: 8080 }, { name: b, port: 8080 }';

const ROUTES = [
  route('cookie', 'sessionName: my-session', ONE),
  route('cookie-within', 'cookie: { name: my-session }', TWO),
  route('header', 'type: Header, sessionName: x-session', TWO),
  route('header-within', 'type: Header, header: { name: x-session }', ONE),
  route('none', '', TWO),
].join('');

let backends: readonly GrpcBackend[];
let fleet: Fleet;
const clients: GrpcClient[] = [];

beforeAll(async () => {
  backends = await Promise.all(['a-1', 'a-2', 'b-1', 'b-2'].map(startGrpcBackend));
  fleet = await startFleet({
    objects: [
      gatewayYaml('{ name: http, port: 80, protocol: HTTP }'),
      serviceYaml('a'),
      serviceYaml('b'),
      ...['a-1', 'a-2', 'b-1', 'b-2'].map((pod, index) => endpointYaml(pod.slice(0, 1), backends[index]?.port ?? 0, pod)),
      ROUTES,
    ].join(''),
  });
}, 60_000);
afterAll(async () => {
  for (const client of clients) client.close();
  await fleet.stop();
  for (const backend of backends) backend.stop();
});

function clientOf(host: string): (options?: CallOptions) => Promise<Outcome> {
  const client = new GrpcClient({ port: fleet.port(80), host: `${host}.example.com` });
  clients.push(client);
  return (options) => client.call(ECHO, options);
}

/** What a client sends back: the token of its header, or the cookie without its attributes. */
function answerOf({ headers }: Outcome): Readonly<Record<string, string>> {
  const token = headers['x-session'];
  if (token !== undefined) return { 'x-session': String(token) };
  return { cookie: String(headers['set-cookie'] ?? '').split(';')[0] ?? '' };
}

async function podsOf(call: ReturnType<typeof clientOf>, options: CallOptions): Promise<readonly string[]> {
  const pods = new Set<string>();
  for (let i = 0; i < 30; i += 1) pods.add((await call(options)).echo?.pod ?? 'nobody');
  return [...pods].sort();
}

test.each([
  ['cookie', ['a-1', 'a-2']],
  ['cookie-within', ['a-1', 'a-2', 'b-1', 'b-2']],
  ['header', ['a-1', 'a-2', 'b-1', 'b-2']],
  ['header-within', ['a-1', 'a-2']],
])('%s: the calls of a session, of one connection, go to one endpoint, others everywhere', async (host, everywhere) => {
  const call = clientOf(host);
  for (let i = 0; i < 3; i += 1) {
    const first = await call();
    expect(await podsOf(call, { headers: answerOf(first) })).toEqual([first.echo?.pod]);
  }
  expect(await podsOf(call, {})).toEqual(everywhere);
});

test('a route without sessions tells no token', async () => {
  expect((await clientOf('none')()).headers).not.toHaveProperty('set-cookie');
});
