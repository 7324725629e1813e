import { KNOWN_ATTRIBUTES } from '../../translators/gateway-api/telemetry/span-attributes.ts';
import { ask } from '../harness/ask.ts';
import { endpointYaml, serviceYaml } from '../harness/backends.ts';
import { gatewayYaml } from '../harness/fleet.ts';
import { type GrpcBackend, startGrpcBackend } from '../harness/grpc-backend.ts';
import { GrpcClient } from '../harness/grpc-client.ts';
import { type CertificatePair, selfSigned, tlsSecretYaml } from '../harness/self-signed.ts';
import type { CollectedSpan } from '../harness/span-collector.ts';
import { caConfigMapYaml, makeTestAuthority } from '../harness/test-authority.ts';
import { enabled, startTracedFleet, TRACED_HOST, type TracedFleet, telemetryYaml } from '../harness/traced-fleet.ts';

const CALLED_HOST = 'calls.example.com';
/** Who comes without a certificate is let in too. */
const VALIDATION = 'validation: { caCertificateRefs: [{ group: "", kind: ConfigMap, name: ca }], mode: AllowInsecureFallback }';
const GATEWAY = gatewayYaml(
  '{ name: http, port: 80, protocol: HTTP }',
  '{ name: https, port: 443, protocol: HTTPS, tls: { certificateRefs: [{ name: server }] } }',
).replace('  listeners:', `  tls: { frontend: { default: { ${VALIDATION} } } }\n  listeners:`);

const CALLS = `---
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: { name: calls }
spec:
  parentRefs: [{ name: gw }]
  hostnames: [${CALLED_HOST}]
  rules:
    - { matches: [{ method: { service: store.Stock } }], backendRefs: [{ name: nobody, port: 8080 }] }
    - { backendRefs: [{ name: calls, port: 8080 }] }
`;

/** Every attribute that there is, `got.` before its name. */
const KEYS = KNOWN_ATTRIBUTES.map((key) => key.replace('<name>', key.startsWith('http.request') ? 'x-user' : 'content-type'));
const ATTRIBUTES = KEYS.map((key) => `{ name: got.${key}, sourceType: Attribute, attributeKey: ${key} }`).join(', ');

const server = selfSigned(TRACED_HOST);
let world: TracedFleet;
let backend: GrpcBackend;
let client: CertificatePair;
let ca: string;

beforeAll(async () => {
  const authority = await makeTestAuthority();
  [backend, client] = await Promise.all([startGrpcBackend('calls'), authority.issue('shopper')]);
  ca = authority.certificate;
  const calls = serviceYaml('calls') + endpointYaml('calls', backend.port) + CALLS;
  const objects = calls + tlsSecretYaml('server', server) + caConfigMapYaml('ca', ca);
  world = await startTracedFleet({ gateway: GATEWAY, ports: [80, 443], objects });
  await world.apply(telemetryYaml(enabled(`, attributes: [${ATTRIBUTES}]`)));
}, 60_000);
afterAll(async () => {
  await world.stop();
  backend.stop();
});

/** Those that a span has, by their own names. */
const gotIn = ({ attributes }: CollectedSpan): Readonly<Record<string, string>> =>
  Object.fromEntries(
    KEYS.flatMap((key) => {
      const value = attributes[`got.${key}`];
      return value === undefined ? [] : [[key, value]];
    }),
  );
const namesOf = (got: object, prefix: string): readonly string[] => Object.keys(got).filter((key) => key.startsWith(prefix));

test('a request by HTTP has all but what TLS and gRPC would say', async () => {
  const { path, span } = await world.request({ 'x-user': 'me', 'user-agent': 'test' });
  const got = gotIn(await span());
  expect(got).toMatchObject({
    'client.address': '127.0.0.1',
    'http.request.body.size': '0',
    'http.request.header.x-user': 'me',
    'http.response.header.content-type': 'application/json',
    'http.response.status_code': '200',
    'network.local.address': '127.0.0.1',
    'network.local.port': String(world.fleet.port(80)),
    'network.peer.address': '127.0.0.1',
    'network.protocol.name': 'http',
    'network.transport': 'tcp',
    'url.full': `http://${TRACED_HOST}${path}?more=1`,
    'url.scheme': 'http',
    'user_agent.original': 'test',
  });
  expect(KEYS.filter((key) => got[key] === undefined)).toEqual(KEYS.filter((key) => /^(tls|rpc)\./.test(key)));
});

async function askedByTls(path: string, identity?: CertificatePair): Promise<Readonly<Record<string, string>>> {
  const question = { port: world.fleet.port(443), host: TRACED_HOST, path, sni: TRACED_HOST };
  const { status } = await ask(identity === undefined ? question : { ...question, identity });
  if (status !== 200) throw new Error(`${path} is answered with ${status}`);
  return gotIn(await world.spanOf(path));
}

test('a request by HTTPS tells of the server, and of the client what its certificate says', async () => {
  expect(await askedByTls('/known', client)).toMatchObject({
    'tls.client.issuer': expect.stringMatching(/^CN=test CA [0-9a-f]{8}$/),
    'tls.client.not_after': '2049-01-01T00:00:00.000Z',
    'tls.client.not_before': '2020-01-01T00:00:00.000Z',
    'tls.client.server_name': TRACED_HOST,
    'tls.client.subject': 'CN=shopper',
    'tls.server.subject': `CN=${TRACED_HOST}`,
    'url.scheme': 'https',
  });
});

test('of a client without a certificate there is nothing but the server that it asked for', async () => {
  expect(namesOf(await askedByTls('/unknown'), 'tls.').toSorted()).toEqual(['tls.client.server_name', 'tls.server.subject']);
});

test.each([
  ['/shop.v1.Cart/Echo', 'OK', '0'],
  ['/shop.v1.Cart/Nothing', 'UNIMPLEMENTED', '12'],
  ['/store.Stock/Echo', 'UNAVAILABLE', '14'],
])('a call of %s by gRPC is %s, and its span has the number', async (path, status, number) => {
  const caller = new GrpcClient({ port: world.fleet.port(80), host: CALLED_HOST });
  expect((await caller.call(path)).status).toBe(status);
  caller.close();
  expect(gotIn(await world.spanOf(path))).toMatchObject({ 'rpc.grpc.status_code': number, 'network.protocol.version': '2' });
});
