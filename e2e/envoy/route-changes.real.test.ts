import { ask, echoOf } from '../harness/ask.ts';
import { HTTP_GATEWAY, startBackedFleet } from '../harness/backed-fleet.ts';
import type { Fleet } from '../harness/fleet.ts';
import { during } from '../harness/traffic.ts';

const PODS = ['a', 'b', 'c'] as const;

let fleet: Fleet;

beforeAll(async () => {
  fleet = await startBackedFleet(PODS, { objects: HTTP_GATEWAY });
}, 60_000);
afterAll(() => fleet.stop());

const route = (name: string, rules: string): string => `---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: ${name} }
spec:
  parentRefs: [{ name: gw }]
  hostnames: [${name}.example.com]
  rules:
${rules}`;

const rule = (fields: string, pod: string): string =>
  `    - { ${fields}${fields === '' ? '' : ', '}backendRefs: [{ name: ${pod}, port: 8080 }] }\n`;
const matching = (path: string): string => `matches: [{ path: { value: ${path} } }]`;
const answered = (host: string, path = '/') => ask({ port: fleet.port(80), host, path });
const podOf = async (host: string, path = '/'): Promise<string> => echoOf(await answered(host, path)).pod;
const traffic = (host: string, ...paths: readonly string[]) => ({
  port: fleet.port(80),
  targets: paths.length === 0 ? [{ host }] : paths.map((path) => ({ host, path })),
});

test('a Service is swapped for another, there and back', async () => {
  const host = 'swap.example.com';
  const to = (pod: string): string => route('swap', rule('', pod));
  await fleet.apply(to('a'));
  const { failures, pods } = await during(traffic(host), async (flow) => {
    for (const pod of ['b', 'a', 'c', 'a', 'b']) {
      await fleet.apply(to(pod));
      await flow.more(20);
      expect(await podOf(host)).toBe(pod);
    }
  });
  expect(failures).toEqual([]);
  expect([...pods.keys()].sort()).toEqual(['a', 'b', 'c']);
}, 60_000);

test('rules change places', async () => {
  const host = 'order.example.com';
  const one = rule(matching('/one'), 'a');
  const two = rule(matching('/two'), 'b');
  const rest = rule('', 'c');
  await fleet.apply(route('order', one + two + rest));
  const clusters = await fleet.clusters();
  const { failures } = await during(traffic(host, '/one', '/two', '/three'), async (flow) => {
    for (const rules of [rest + two + one, two + one + rest, rest + one + two, one + rest + two, one + two + rest]) {
      await fleet.apply(route('order', rules));
      await flow.more(20);
      expect([await podOf(host, '/one'), await podOf(host, '/two'), await podOf(host, '/three')]).toEqual(['a', 'b', 'c']);
    }
  });
  expect(failures).toEqual([]);
  expect(await fleet.clusters()).toEqual(clusters);
}, 60_000);

test('weights move from 100:0 to 0:100 in steps', async () => {
  const host = 'weights.example.com';
  const split = (a: number, b: number): string =>
    route('weights', `    - backendRefs: [{ name: a, port: 8080, weight: ${a} }, { name: b, port: 8080, weight: ${b} }]\n`);
  await fleet.apply(split(100, 0));
  const { failures, pods } = await during(traffic(host), async (flow) => {
    for (let b = 0; b <= 100; b += 10) {
      await fleet.apply(split(100 - b, b));
      await flow.more(20);
    }
    expect(await podOf(host)).toBe('b');
  });
  expect(failures).toEqual([]);
  expect([...pods.keys()].sort()).toEqual(['a', 'b']);
}, 60_000);

test('filters come and go', async () => {
  const host = 'filters.example.com';
  const withFilters = (...filters: readonly string[]): string => route('filters', rule(`filters: [${filters.join(', ')}]`, 'a'));
  const request = '{ type: RequestHeaderModifier, requestHeaderModifier: { set: [{ name: x-asked, value: "1" }] } }';
  const response = '{ type: ResponseHeaderModifier, responseHeaderModifier: { set: [{ name: x-answered, value: "1" }] } }';
  const rewrite = '{ type: URLRewrite, urlRewrite: { path: { type: ReplacePrefixMatch, replacePrefixMatch: /deep } } }';
  const mirror = '{ type: RequestMirror, requestMirror: { backendRef: { name: b, port: 8080 } } }';
  const cors = '{ type: CORS, cors: { allowOrigins: ["https://www.example.org"] } }';
  await fleet.apply(withFilters());
  const listenersBefore = await fleet.stat('listener_manager.listener_modified');
  const { failures } = await during(traffic(host), async (flow) => {
    for (const filters of [
      [request],
      [request, response],
      [response, rewrite],
      [mirror, cors],
      [request, response, rewrite, mirror, cors],
      [],
    ]) {
      await fleet.apply(withFilters(...filters));
      await flow.more(20);
      const answer = await answered(host, '/x');
      expect(answer.headers['x-answered']).toBe(filters.includes(response) ? '1' : undefined);
      expect(echoOf(answer).headers['X-Asked']).toEqual(filters.includes(request) ? ['1'] : undefined);
      expect(echoOf(answer).path).toBe(filters.includes(rewrite) ? '/deep/x' : '/x');
    }
  });
  expect(failures).toEqual([]);
  expect(await fleet.stat('listener_manager.listener_modified')).toBe(listenersBefore);
}, 60_000);

test('a host gets a second route, which takes over and goes again', async () => {
  const host = 'shared.example.com';
  await fleet.apply(route('shared', rule('', 'a')));
  const second = route('shared-too', rule('matches: [{ path: { value: /part } }]', 'b')).replace('shared-too.example.com', host);
  const { failures } = await during(traffic(host, '/part', '/'), async (flow) => {
    for (let i = 0; i < 5; i += 1) {
      await fleet.apply(second);
      await flow.more(20);
      expect(await podOf(host, '/part')).toBe('b');
      await fleet.remove('HTTPRoute', 'default/shared-too');
      await flow.more(20);
      expect(await podOf(host, '/part')).toBe('a');
    }
  });
  expect(failures).toEqual([]);
}, 60_000);
