import { setTimeout as sleep } from 'node:timers/promises';
import { ask, echoOf } from '../harness/ask.ts';
import { type Backends, backendsYaml, startBackends } from '../harness/backends.ts';
import { type Fleet, gatewayYaml, startFleet } from '../harness/fleet.ts';
import { selfSigned, tlsSecretYaml } from '../harness/self-signed.ts';
import { during, KEPT_LANES } from '../harness/traffic.ts';

const PODS = ['a', 'b', 'c'] as const;
/** What a control plane that begins anew must not move. */
const UNMOVED = [
  'listener_manager.listener_added',
  'listener_manager.listener_modified',
  'listener_manager.listener_removed',
  'listener_manager.total_listeners_draining',
  'listener_manager.lds.update_rejected',
  'cluster_manager.cluster_added',
  'cluster_manager.cluster_modified',
  'cluster_manager.cluster_updated',
  'cluster_manager.cluster_removed',
] as const;

let backends: Backends;
let fleet: Fleet;

const route = (name: string, service: string): string => `---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: ${name} }
spec:
  parentRefs: [{ name: gw }]
  hostnames: [${name}.example.com]
  rules: [{ backendRefs: [{ name: ${service}, port: 8080 }] }]
`;

beforeAll(async () => {
  backends = await startBackends(...PODS);
  const secure = '{ name: https, port: 443, protocol: HTTPS, hostname: secure.example.com, tls: { certificateRefs: [{ name: secure }] } }';
  const gateway = gatewayYaml('{ name: http, port: 80, protocol: HTTP }', secure);
  const objects = gateway + tlsSecretYaml('secure', selfSigned('secure.example.com')) + backendsYaml(backends, ...PODS);
  fleet = await startFleet({
    objects: objects + route('one', 'a') + route('two', 'b') + route('secure', 'a'),
    ports: [80, 443],
    limits: { minGraceMs: 300, maxGraceMs: 500 },
  });
}, 60_000);
afterAll(async () => {
  await fleet.stop();
  await backends.stopAll();
});

const traffic = (...hosts: readonly string[]) => ({ port: fleet.port(80), targets: hosts.map((host) => ({ host })) });
const podOf = async (host: string): Promise<string> => echoOf(await ask({ port: fleet.port(80), host })).pod;
const stats = async (): Promise<Readonly<Record<string, number>>> =>
  Object.fromEntries(await Promise.all(UNMOVED.map(async (name) => [name, await fleet.stat(name)] as const)));

test('a control plane that begins anew with the same objects moves nothing', async () => {
  const before = await stats();
  expect(before['cluster_manager.cluster_added']).toBeGreaterThan(0);
  const { failures, connects } = await during(traffic('one.example.com', 'two.example.com'), async (flow) => {
    for (let i = 0; i < 2; i += 1) {
      await fleet.restart(() => flow.more(50));
      // Longer than the grace of a cluster that would be mistaken for removed.
      await sleep(1000);
      await flow.more(20);
    }
  });
  expect(failures).toEqual([]);
  expect(connects).toBe(KEPT_LANES);
  expect(await stats()).toEqual(before);
}, 120_000);

test('what changed meanwhile is made up for: another Service, a route that went, one that came', async () => {
  await fleet.apply(route('gone', 'c'));
  expect(await podOf('gone.example.com')).toBe('c');
  const before = await stats();
  const { failures } = await during(traffic('one.example.com', 'two.example.com'), async (flow) => {
    await fleet.restart(async () => {
      fleet.put(route('one', 'b') + route('new', 'a'));
      fleet.drop('HTTPRoute', 'default/gone');
      await flow.more(50);
    });
    await flow.more(20);
    expect(await podOf('one.example.com')).toBe('b');
    expect(await podOf('new.example.com')).toBe('a');
    expect((await ask({ port: fleet.port(80), host: 'gone.example.com' })).status).toBe(404);
    await sleep(1000);
    await flow.more(20);
  });
  expect(failures).toEqual([]);
  expect(await stats()).toEqual({ ...before, 'cluster_manager.cluster_removed': (before['cluster_manager.cluster_removed'] ?? 0) + 1 });
}, 120_000);
