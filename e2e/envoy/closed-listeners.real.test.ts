/** A listener that cannot serve keeps its hosts closed (decisions/0024), through a real Envoy. */
import { ask } from '../harness/ask.ts';
import { type Backends, backendsYaml, startBackends } from '../harness/backends.ts';
import { type Fleet, gatewayYaml, startFleet } from '../harness/fleet.ts';
import { selfSigned, tlsSecretYaml } from '../harness/self-signed.ts';
import { type StreamBackend, startStreamBackend } from '../harness/stream-backends.ts';
import { greetingOf } from '../harness/stream-client.ts';
import { streamRouteYaml, streamServiceYaml } from '../harness/stream-objects.ts';
import { untilIs } from '../harness/until.ts';

const https = (name: string, { port, host, secret }: { readonly port: number; readonly host: string; readonly secret: string }): string =>
  `{ name: ${name}, port: ${port}, protocol: HTTPS, hostname: "${host}", tls: { certificateRefs: [{ name: ${secret} }] } }`;

const route = (section: string): string => `---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: ${section} }
spec:
  parentRefs: [{ name: gw, sectionName: ${section} }]
  rules: [{ backendRefs: [{ name: ${section}, port: 8080 }] }]
`;

let backends: Backends;
let stream: StreamBackend;
let fleet: Fleet;

beforeAll(async () => {
  backends = await startBackends('wild', 'shut');
  stream = await startStreamBackend('s', selfSigned('passed.example.org'));
  fleet = await startFleet({
    objects:
      gatewayYaml(
        https('wild', { port: 443, host: '*.example.com', secret: 'wild' }),
        https('shut', { port: 443, host: 'shut.example.com', secret: 'late' }),
        '{ name: pass, port: 8443, protocol: TLS, hostname: "*.example.org", tls: { mode: Passthrough } }',
        https('other', { port: 8443, host: 'shut.example.org', secret: 'never' }),
      ) +
      route('wild') +
      route('shut') +
      backendsYaml(backends, 'wild', 'shut') +
      tlsSecretYaml('wild', selfSigned('*.example.com')) +
      streamServiceYaml(stream) +
      streamRouteYaml('TLSRoute', { name: 'pass', sections: ['pass'], hostnames: ['*.example.org'], backends: ['s'] }),
    ports: [443, 8443],
  });
}, 60_000);
afterAll(async () => {
  await fleet.stop();
  await Promise.all([backends.stopAll(), stream.stop()]);
});

const asked = (sni: string, host = sni) => ask({ port: fleet.port(443), sni, host });
const certificateOf = async (host: string) => (await asked(host)).certificate;

test('a broader listener shows its certificate to nobody who asks for the host of a closed one, and serves no request for it', async () => {
  expect((await asked('open.example.com')).status).toBe(200);
  await expect(asked('shut.example.com')).rejects.toThrow();
  expect((await asked('open.example.com', 'shut.example.com')).status).toBe(421);
});

test('nor are its bytes passed on by one that passes TLS through', async () => {
  const greeting = (sni: string) => greetingOf({ port: fleet.port(8443), sni });
  expect(await greeting('passed.example.org')).toBe('s passed.example.org');
  await expect(greeting('shut.example.org')).rejects.toThrow();
});

test('it opens with its certificate, and closes without', async () => {
  const status = () =>
    asked('shut.example.com').then(
      (answer) => answer.status,
      () => 0,
    );
  const shown = await certificateOf('open.example.com');
  await fleet.apply(tlsSecretYaml('late', selfSigned('shut.example.com')));
  await untilIs('it opens', 200, status);
  expect(await certificateOf('shut.example.com')).not.toBe(shown);
  await fleet.apply(tlsSecretYaml('late', { certificate: 'none', key: 'none' }));
  await untilIs('it closes', 0, status);
  expect((await asked('open.example.com')).status).toBe(200);
}, 30_000);
