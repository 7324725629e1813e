/** UDPRoute through a real Envoy. */
import { type Fleet, gatewayYaml, startFleet } from '../harness/fleet.ts';
import { type StreamBackend, startDatagramBackend, startStreamBackend } from '../harness/stream-backends.ts';
import { askDatagram, greetingOf } from '../harness/stream-client.ts';
import { streamRouteYaml, streamServiceYaml } from '../harness/stream-objects.ts';
import { untilIs } from '../harness/until.ts';

const GATEWAY = gatewayYaml(
  '{ name: dns, port: 53, protocol: UDP }',
  '{ name: other, port: 54, protocol: UDP }',
  '{ name: tcp, port: 53, protocol: TCP }',
);

let backends: StreamBackend[];
let stream: StreamBackend;
let fleet: Fleet;

const route = (...to: Parameters<typeof streamRouteYaml>[1]['backends']): string =>
  streamRouteYaml('UDPRoute', { sections: ['dns'], backends: to });

beforeAll(async () => {
  backends = await Promise.all(['a', 'b', 'c'].map((name) => startDatagramBackend(name)));
  stream = await startStreamBackend('s');
  const objects =
    GATEWAY +
    backends.map((backend) => streamServiceYaml(backend, 'UDP')).join('') +
    streamServiceYaml(stream) +
    route('a') +
    streamRouteYaml('TCPRoute', { sections: ['tcp'], backends: ['s'] });
  fleet = await startFleet({ objects, ports: [53, 54] });
}, 60_000);
afterAll(async () => {
  await fleet.stop();
  await Promise.all([...backends, stream].map((backend) => backend.stop()));
});

const ask = () => askDatagram(fleet.port(53), 'x');

const shares = async (count: number): Promise<Readonly<Record<string, number>>> => {
  const answers = await Promise.all(Array.from({ length: count }, () => askDatagram(fleet.port(53), 'x', 2000).catch(() => 'none')));
  const names = answers.map((answer) => answer.split(' ')[0] ?? '');
  return Object.fromEntries([...new Set(names)].map((name) => [name, names.filter((each) => each === name).length / count]));
};

test('a datagram reaches the backend of a UDPRoute, beside a TCP listener of the same number', async () => {
  expect(await askDatagram(fleet.port(53), 'hello')).toBe('a hello');
  expect(await greetingOf({ port: fleet.port(53) })).toBe('s');
});

test('datagrams of a listener without a route are dropped', async () => {
  await expect(askDatagram(fleet.port(54), 'x', 300)).rejects.toThrow('no datagram came back');
});

test('the route changes, and no other listener with it', async () => {
  const before = await fleet.stat('listener_manager.listener_modified');
  const waiting = Array.from({ length: 20 }, () => ask());
  await fleet.apply(route('b'));
  await Promise.all(waiting);
  await untilIs('datagrams follow', 'b x', ask);
  expect(await fleet.stat('listener_manager.listener_modified')).toBe(before + 1);
});

test('weights are shares, zero is none, and what is invalid is dropped', async () => {
  await fleet.apply(route(['a', 7], ['b', 3], ['c', 0]));
  await untilIs('datagrams follow', 'a x', ask);
  const { a = 0, b = 0, ...others } = await shares(400);
  expect(others).toEqual({});
  expect(a).toBeGreaterThan(0.6);
  expect(b).toBeGreaterThan(0.2);
  await fleet.apply(route(['a', 1], ['gone', 1]));
  await untilIs('some are dropped', 'none', () => ask().catch(() => 'none'));
  const { none = 0 } = await shares(100);
  expect(none).toBeGreaterThan(0.3);
  expect(none).toBeLessThan(0.7);
}, 60_000);

test('of two routes the older one has the listener', async () => {
  await fleet.apply(
    route('a') + streamRouteYaml('UDPRoute', { name: 'younger', sections: ['dns'], backends: ['b'], created: '2026-02-01T00:00:00Z' }),
  );
  await untilIs('the older one has it', 'a x', ask);
  expect(Object.keys(await shares(50))).toEqual(['a']);
  await fleet.remove('UDPRoute', 'default/route');
  await untilIs('the younger one follows', 'b x', ask);
  await fleet.remove('UDPRoute', 'default/younger');
  await untilIs('nobody is left', 'none', () => ask().catch(() => 'none'));
}, 60_000);
