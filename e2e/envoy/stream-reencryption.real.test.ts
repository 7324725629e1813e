/** TLSRoutes to backends with a BackendTLSPolicy, through a real Envoy. */
import { type Fleet, gatewayYaml, startFleet } from '../harness/fleet.ts';
import { type CertificatePair, selfSigned, tlsSecretYaml } from '../harness/self-signed.ts';
import { type StreamBackend, startStreamBackend } from '../harness/stream-backends.ts';
import { greetingOf } from '../harness/stream-client.ts';
import { streamRouteYaml, streamServiceYaml } from '../harness/stream-objects.ts';
import { caConfigMapYaml } from '../harness/test-authority.ts';

const NAME = 's.example.com';
const PASS = '{ name: pass, port: 8443, protocol: TLS, hostname: "*.pass.example.com", tls: { mode: Passthrough } }';
const END =
  '{ name: end, port: 8443, protocol: TLS, hostname: "*.end.example.com", tls: { mode: Terminate, certificateRefs: [{ name: end }] } }';

const policyYaml = (ca: string): string => `---
apiVersion: gateway.networking.k8s.io/v1
kind: BackendTLSPolicy
metadata: { name: s }
spec:
  targetRefs: [{ group: "", kind: Service, name: s }]
  validation: { caCertificateRefs: [{ group: "", kind: ConfigMap, name: ${ca} }], hostname: ${NAME} }
`;

let pair: CertificatePair;
let backend: StreamBackend;
let fleet: Fleet;

beforeAll(async () => {
  pair = selfSigned(NAME);
  backend = await startStreamBackend('s', pair);
  const route = (name: string) => streamRouteYaml('TLSRoute', { name, hostnames: [`a.${name}.example.com`], backends: ['s'] });
  fleet = await startFleet({
    objects:
      gatewayYaml(PASS, END) +
      tlsSecretYaml('end', selfSigned('a.end.example.com')) +
      streamServiceYaml(backend) +
      caConfigMapYaml('ca', pair.certificate) +
      policyYaml('ca') +
      route('pass') +
      route('end'),
    ports: [8443],
  });
}, 60_000);
afterAll(async () => {
  await fleet.stop();
  await backend.stop();
});

const asked = (sni: string): Promise<string> => greetingOf({ port: fleet.port(8443), sni });

test('what comes out of the TLS of clients goes on in TLS of its own', async () => {
  expect(await asked('a.end.example.com')).toBe(`s ${NAME}`);
});

test('TLS that is passed through gets no second coat', async () => {
  expect(await asked('a.pass.example.com')).toBe('s a.pass.example.com');
});

test('a policy that cannot be honoured closes what would go on in plaintext, and nothing else', async () => {
  await fleet.apply(policyYaml('gone'));
  await expect(asked('a.end.example.com')).rejects.toThrow();
  expect(await asked('a.pass.example.com')).toBe('s a.pass.example.com');
  await fleet.apply(policyYaml('ca'));
  expect(await asked('a.end.example.com')).toBe(`s ${NAME}`);
});
