import { ask, echoOf } from '../harness/ask.ts';
import { type Backends, backendsYaml, startBackends } from '../harness/backends.ts';
import { type Fleet, gatewayYaml, startFleet } from '../harness/fleet.ts';
import { during } from '../harness/traffic.ts';

const PODS = ['a', 'b', 'c'] as const;

let backends: Backends;
let fleet: Fleet;

beforeAll(async () => {
  backends = await startBackends(...PODS);
  fleet = await startFleet({ objects: gatewayYaml('{ name: http, port: 80, protocol: HTTP }') + backendsYaml(backends, ...PODS) });
}, 60_000);
afterAll(async () => {
  await fleet.stop();
  await backends.stopAll();
});

const route = (name: string, rules: string): string => `---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: ${name} }
spec:
  parentRefs: [{ name: gw }]
  hostnames: [${name}.example.com]
  rules:
${rules}`;

const podOf = async (host: string, path = '/'): Promise<string> => echoOf(await ask({ port: fleet.port(80), host, path })).pod;

test('a Service is swapped for another, there and back', async () => {
  const host = 'swap.example.com';
  const to = (pod: string): string => route('swap', `    - backendRefs: [{ name: ${pod}, port: 8080 }]\n`);
  await fleet.apply(to('a'));
  const { failures, pods } = await during({ port: fleet.port(80), targets: [{ host }] }, async (flow) => {
    for (const pod of ['b', 'a', 'c', 'a', 'b']) {
      await fleet.apply(to(pod));
      await flow.more(20);
      expect(await podOf(host)).toBe(pod);
    }
  });
  expect(failures).toEqual([]);
  expect([...pods.keys()].sort()).toEqual(['a', 'b', 'c']);
}, 60_000);
