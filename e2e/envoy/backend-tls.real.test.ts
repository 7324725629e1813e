import { ask, echoOf } from '../harness/ask.ts';
import { type Backends, endpointYaml, serviceYaml, startBackends } from '../harness/backends.ts';
import { type Fleet, gatewayYaml, startFleet } from '../harness/fleet.ts';
import { type RecordingBackend, startRecordingBackend } from '../harness/recording-backend.ts';
import { tlsSecretYaml } from '../harness/self-signed.ts';
import { caConfigMapYaml, makeTestAuthority, type TestAuthority, trustBundleYaml } from '../harness/test-authority.ts';
import { until } from '../harness/until.ts';

const HOST = 'shop.example.com';
const NAME = 'backend.example.com';
const SPIFFE = 'spiffe://cluster.local/ns/shop/sa/backend';

interface PolicyYaml {
  readonly service?: string;
  readonly hostname?: string;
  readonly ca?: string;
  readonly more?: string;
}

const policyYaml = ({
  service = 'secure',
  hostname = NAME,
  ca = 'caCertificateRefs: [{ group: "", kind: ConfigMap, name: ca }]',
  more = '',
}: PolicyYaml = {}): string => `---
apiVersion: gateway.networking.k8s.io/v1
kind: BackendTLSPolicy
metadata: { name: ${service} }
spec:
  targetRefs: [{ group: "", kind: Service, name: ${service} }]
  validation: { ${ca}, hostname: ${hostname}${more} }
`;

const routeYaml = (service: string): string => `---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: ${service} }
spec:
  parentRefs: [{ name: gw }]
  hostnames: [${HOST}]
  rules: [{ matches: [{ path: { value: /${service} } }], backendRefs: [{ name: ${service}, port: 8080 }] }]
`;

const HTTP = '{ name: http, port: 80, protocol: HTTP }';
const PROVEN = gatewayYaml(HTTP).replace(
  'gatewayClassName: gatehouse',
  'gatewayClassName: gatehouse\n  tls: { backend: { clientCertificateRef: { name: client } } }',
);

let authority: TestAuthority;
let other: TestAuthority;
let backends: Backends;
let plain: RecordingBackend;
let fleet: Fleet;

beforeAll(async () => {
  [authority, other] = await Promise.all([makeTestAuthority(), makeTestAuthority()]);
  const { certificate: cert, key } = await authority.issue(NAME, SPIFFE, '*.wild.example.com');
  backends = await startBackends('open');
  await backends.start('secure', { tls: { cert, key, ca: authority.certificate } });
  plain = await startRecordingBackend();
  const services = [
    ['secure', backends.port('secure')],
    ['open', backends.port('open')],
    ['plain', plain.port],
  ] as const;
  fleet = await startFleet({
    objects:
      gatewayYaml(HTTP) +
      services.map(([name, port]) => serviceYaml(name) + endpointYaml(name, port) + routeYaml(name)).join('') +
      caConfigMapYaml('ca', authority.certificate) +
      policyYaml() +
      policyYaml({ service: 'plain', ca: 'caCertificateRefs: [{ group: "", kind: ConfigMap, name: gone }]' }),
  });
}, 60_000);
afterAll(async () => {
  await fleet.stop();
  await Promise.all([backends.stopAll(), plain.stop()]);
});
beforeEach(() => fleet.apply(gatewayYaml(HTTP) + caConfigMapYaml('ca', authority.certificate) + policyYaml()));

const asked = (path = '/secure') => ask({ port: fleet.port(80), host: HOST, path });
const statusOf = async (path?: string): Promise<number> => (await asked(path)).status;

interface SeenTls {
  readonly serverName: string;
  readonly negotiatedProtocol: string;
  readonly peerCertificates?: readonly string[];
}

/** What a backend saw of a connection. */
async function tlsSeen(): Promise<SeenTls> {
  const echo = echoOf(await asked()) as ReturnType<typeof echoOf> & { readonly tls: SeenTls }; // the echo backend wrote it
  return echo.tls;
}

test('a backend is asked for by its name, and HTTP/2 is spoken where it takes it', async () => {
  expect(await tlsSeen()).toMatchObject({ serverName: NAME, negotiatedProtocol: 'h2' });
});

test.each<[string, PolicyYaml, number]>([
  ['another hostname', { hostname: 'another.example.com' }, 503],
  ['a hostname that a wildcard of the certificate covers', { hostname: 'one.wild.example.com' }, 200],
  [
    'another hostname, but one of the alternatives',
    { hostname: 'x.example.com', more: `, subjectAltNames: [{ type: Hostname, hostname: ${NAME} }]` },
    200,
  ],
  [
    'the URI among the alternatives',
    { more: `, subjectAltNames: [{ type: Hostname, hostname: a.b.c }, { type: URI, uri: "${SPIFFE}" }]` },
    200,
  ],
  ['another URI, though the hostname is right', { more: `, subjectAltNames: [{ type: URI, uri: "${SPIFFE}-2" }]` }, 503],
  ['a wildcard over its name', { more: ', subjectAltNames: [{ type: Hostname, hostname: "*.example.com" }]' }, 200],
  ['a wildcard two labels above', { more: ', subjectAltNames: [{ type: Hostname, hostname: "*.com" }]' }, 503],
  ['the same wildcard as the certificate', { more: ', subjectAltNames: [{ type: Hostname, hostname: "*.wild.example.com" }]' }, 200],
  ['CAs of the system', { ca: 'wellKnownCACertificates: System' }, 503],
])('verified by %s', async (_, policy, expected) => {
  await fleet.apply(policyYaml(policy));
  expect(await statusOf()).toBe(expected);
});

/** What is connected stays so when a CA is changed; the pool of connections of each worker may hold one. */
const untilRefused = (): Promise<unknown> =>
  until('new connections are refused', async () => {
    await backends.stop('secure');
    const { certificate: cert, key } = await authority.issue(NAME);
    await backends.start('secure', { tls: { cert, key, ca: authority.certificate } });
    await fleet.apply(endpointYaml('secure', backends.port('secure')));
    return (await statusOf()) === 503 ? true : undefined;
  });

test('a CA that did not vouch for the backend is none; a renewed CA counts at once, and no cluster changes for it', async () => {
  const modified = await fleet.stat('cluster_manager.cluster_modified');
  const before = await fleet.clusters();
  expect(await statusOf()).toBe(200);
  await fleet.apply(caConfigMapYaml('ca', other.certificate));
  await untilRefused();
  await fleet.apply(caConfigMapYaml('ca', other.certificate, authority.certificate));
  expect(await statusOf()).toBe(200);
  expect(await fleet.clusters()).toEqual(before);
  expect(await fleet.stat('cluster_manager.cluster_modified')).toBe(modified);
});

test('a ClusterTrustBundle vouches for a backend as long as it is there and holds its CA', async () => {
  const ca = 'caCertificateRefs: [{ group: certificates.k8s.io, kind: ClusterTrustBundle, name: everybody }]';
  await fleet.apply(policyYaml({ ca }));
  expect(await statusOf()).toBe(500);
  await fleet.apply(trustBundleYaml('everybody', other.certificate));
  await untilRefused();
  await fleet.apply(trustBundleYaml('everybody', other.certificate, authority.certificate));
  expect(await statusOf()).toBe(200);
  await fleet.remove('ClusterTrustBundle', 'everybody');
  expect(await statusOf()).toBe(500);
});

test('a policy that cannot be honoured is no leave to speak in plaintext', async () => {
  expect(await statusOf('/plain')).toBe(500);
  await fleet.apply(policyYaml({ service: 'plain' }));
  expect(await statusOf('/plain')).toBe(503);
  expect(plain.requests).toEqual([]);
});

test('what is not TLS yet becomes it, and back, without a failed request', async () => {
  await fleet.remove('BackendTLSPolicy', 'default/secure');
  expect(await statusOf()).toBe(503);
  await fleet.apply(policyYaml());
  expect(await statusOf()).toBe(200);
});

describe('the certificate of a Gateway', () => {
  test('is presented to backends with TLS, and renewed without touching a cluster', async () => {
    const [first, second] = await Promise.all([authority.issue('one'), authority.issue('two')]);
    expect((await tlsSeen()).peerCertificates).toBeUndefined();
    await fleet.apply(PROVEN + tlsSecretYaml('client', first));
    expect((await tlsSeen()).peerCertificates).toEqual([first.certificate]);
    const modified = await fleet.stat('cluster_manager.cluster_modified');
    await fleet.apply(tlsSecretYaml('client', second));
    // What is connected stays so.
    const { certificate: cert, key } = await authority.issue(NAME);
    await backends.stop('secure');
    await backends.start('secure', { tls: { cert, key, ca: authority.certificate } });
    await fleet.apply(endpointYaml('secure', backends.port('secure')));
    expect((await tlsSeen()).peerCertificates).toEqual([second.certificate]);
    expect(await fleet.stat('cluster_manager.cluster_modified')).toBe(modified);
  });

  test('that is not there shuts the way to backends with TLS, and to no others', async () => {
    fleet.drop('Secret', 'default/client');
    await fleet.apply(PROVEN);
    expect([await statusOf('/secure'), await statusOf('/open')]).toEqual([503, 200]);
    await fleet.apply(tlsSecretYaml('client', await authority.issue('three')));
    expect(await statusOf('/secure')).toBe(200);
  });
});

describe('a ServiceImport', () => {
  const importYaml = (name: string, port: number): string => `---
apiVersion: multicluster.x-k8s.io/v1alpha1
kind: ServiceImport
metadata: { name: ${name} }
spec: { type: ClusterSetIP, ports: [{ name: https, port: 8080 }] }
${endpointYaml(name, port, `${name}-imported`).replace('kubernetes.io/service-name', 'multicluster.kubernetes.io/service-name').replace('name: http,', 'name: https,')}`;
  const ofImport = (yaml: string): string =>
    yaml.replace('group: "", kind: Service,', 'group: multicluster.x-k8s.io, kind: ServiceImport,');
  const toImport = (name: string): string =>
    routeYaml(name).replace('backendRefs: [{', 'backendRefs: [{ group: multicluster.x-k8s.io, kind: ServiceImport,');

  test('is spoken to over TLS as its policy says', async () => {
    await fleet.apply(importYaml('far', backends.port('secure')) + toImport('far'));
    expect(await statusOf('/far')).not.toBe(200);
    await fleet.apply(ofImport(policyYaml({ service: 'far' })));
    expect(await statusOf('/far')).toBe(200);
    await fleet.apply(ofImport(policyYaml({ service: 'far', hostname: 'another.example.com' })));
    expect(await statusOf('/far')).toBe(503);
  });

  test('gets not one byte in plaintext where its policy cannot be honoured', async () => {
    const policy = policyYaml({ service: 'far-plain', ca: 'caCertificateRefs: [{ group: "", kind: ConfigMap, name: gone }]' });
    const before = plain.requests.length;
    await fleet.apply(importYaml('far-plain', plain.port) + toImport('far-plain') + ofImport(policy));
    expect(await statusOf('/far-plain')).toBe(500);
    expect(plain.requests).toHaveLength(before);
  });
});
