import { setTimeout as sleep } from 'node:timers/promises';
import { ask, echoOf } from '../harness/ask.ts';
import { type Backends, backendsYaml, endpointYaml, serviceYaml, startBackends } from '../harness/backends.ts';
import { type Fleet, gatewayYaml, startFleet } from '../harness/fleet.ts';
import { during } from '../harness/traffic.ts';
import { until } from '../harness/until.ts';

const PODS = ['a', 'b', 'c'] as const;

let backends: Backends;
let fleet: Fleet;

beforeAll(async () => {
  backends = await startBackends(...PODS, 'd1', 'd2', 'd3', 'd4', 'd5', 'd6');
  fleet = await startFleet({
    objects: gatewayYaml('{ name: http, port: 80, protocol: HTTP }') + backendsYaml(backends, ...PODS) + route('stays', 'a'),
    limits: { minGraceMs: 300 },
  });
}, 60_000);
afterAll(async () => {
  await fleet.stop();
  await backends.stopAll();
});

/** All requests of `<name>.example.com` to one Service, for at most `limit`. */
const route = (name: string, service: string, limit = '300ms'): string => `---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: ${name} }
spec:
  parentRefs: [{ name: gw }]
  hostnames: [${name}.example.com]
  rules: [{ timeouts: { request: ${limit} }, backendRefs: [{ name: ${service}, port: 8080 }] }]
`;

const cluster = (service: string): string => `service/default/${service}/8080`;
const answered = (host: string, path = '/') => ask({ port: fleet.port(80), host, path });
const stays = () => ({ port: fleet.port(80), targets: [{ host: 'stays.example.com' }] });
const gone = (service: string): Promise<true> =>
  until(`cluster of ${service} is gone`, async () => !(await fleet.clusters()).includes(cluster(service)) || undefined);

test('the last route of a cluster goes, and after a grace the cluster', async () => {
  await fleet.apply(route('last', 'b'));
  expect(echoOf(await answered('last.example.com')).pod).toBe('b');
  const { failures } = await during(stays(), async (flow) => {
    await fleet.remove('HTTPRoute', 'default/last');
    await flow.more(20);
    expect((await answered('last.example.com')).status).toBe(404);
    await gone('b');
    await flow.more(20);
  });
  expect(failures).toEqual([]);
  expect(await fleet.clusters()).toContain(cluster('a'));
}, 60_000);

test('a cluster that is wanted again within its grace stays', async () => {
  const host = 'again.example.com';
  await fleet.apply(route('again', 'c', '3s'));
  const removed = await fleet.stat('cluster_manager.cluster_removed');
  const { failures } = await during({ port: fleet.port(80), targets: [{ host }] }, async (flow) => {
    for (const service of ['a', 'c', 'a', 'c']) {
      await fleet.apply(route('again', service, '3s'));
      await flow.more(20);
      expect(echoOf(await answered(host)).pod).toBe(service);
    }
  });
  expect(failures).toEqual([]);
  expect(await fleet.stat('cluster_manager.cluster_removed')).toBe(removed);
}, 60_000);

test('a request of 3 s in flight outlives its route, its Service and its cluster', async () => {
  await fleet.apply(serviceYaml('slow') + endpointYaml('slow', backends.port('b')) + route('slow', 'slow', '4s'));
  expect(echoOf(await answered('slow.example.com')).pod).toBe('b');
  const { failures } = await during(stays(), async (flow) => {
    const slow = answered('slow.example.com', '/?delay=3s');
    await sleep(300);
    await fleet.remove('HTTPRoute', 'default/slow');
    await fleet.remove('Service', 'default/slow');
    await fleet.remove('EndpointSlice', 'default/slow-1');
    await flow.more(20);
    expect((await answered('slow.example.com')).status).toBe(404);
    expect(echoOf(await slow).pod).toBe('b');
    await gone('slow');
  });
  expect(failures).toEqual([]);
}, 60_000);

test('endpoints are replaced one by one, and each pod ends when Envoy has let go of it', async () => {
  const slice = (pod: string): string => endpointYaml('moving', backends.port(pod), pod);
  await fleet.apply(serviceYaml('moving') + ['d1', 'd2', 'd3'].map(slice).join('') + route('moving', 'moving', '2s'));
  const moving = { port: fleet.port(80), targets: [{ host: 'moving.example.com' }] };
  const { failures, pods } = await during(moving, async (flow) => {
    for (const [old, young] of [
      ['d1', 'd4'],
      ['d2', 'd5'],
      ['d3', 'd6'],
    ] as const) {
      await flow.more(40);
      await fleet.apply(slice(young));
      await fleet.remove('EndpointSlice', `default/${old}`);
      await flow.more(20);
      await backends.stop(old);
      await flow.more(40);
    }
  });
  expect(failures).toEqual([]);
  expect([...pods.keys()].sort()).toEqual(['d1', 'd2', 'd3', 'd4', 'd5', 'd6']);
}, 60_000);
