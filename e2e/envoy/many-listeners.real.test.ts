/** 64 listeners, as many as a Gateway may have, for bytes of all sorts; and names as long as they may be. */
import { type Fleet, gatewayYaml, startFleet } from '../harness/fleet.ts';
import { selfSigned } from '../harness/self-signed.ts';
import { type StreamBackend, startDatagramBackend, startStreamBackend } from '../harness/stream-backends.ts';
import { askDatagram, greetingOf, openStream } from '../harness/stream-client.ts';
import { streamRouteYaml, streamServiceYaml } from '../harness/stream-objects.ts';
import { untilIs } from '../harness/until.ts';

const TCP_PORTS = Array.from({ length: 28 }, (_, i) => 9000 + i);
const UDP_PORTS = Array.from({ length: 4 }, (_, i) => 5300 + i);
const HOSTS = Array.from({ length: 32 }, (_, i) => `h${i}.example.com`);
/** DNS labels have 63 characters, names of objects and sections 253. */
const LONG = Array.from({ length: 4 }, (_, i) => String(i).repeat(62)).join('.');

const LISTENERS = [
  ...TCP_PORTS.map((port, i) => `{ name: ${i === 0 ? LONG : `tcp-${port}`}, port: ${port}, protocol: TCP }`),
  ...UDP_PORTS.map((port) => `{ name: udp-${port}, port: ${port}, protocol: UDP }`),
  ...HOSTS.map((host, i) => `{ name: tls-${i}, port: 8443, protocol: TLS, hostname: ${host}, tls: { mode: Passthrough } }`),
];

let backends: readonly StreamBackend[];
let fleet: Fleet;

beforeAll(async () => {
  const secure = selfSigned('a.example.com');
  backends = await Promise.all([
    startStreamBackend('a'),
    startStreamBackend('b'),
    startStreamBackend('s', secure),
    startDatagramBackend('d'),
  ]);
  const [a, b, s, d] = backends;
  if (a === undefined || b === undefined || s === undefined || d === undefined) throw new Error('a backend is missing');
  const objects =
    gatewayYaml(...LISTENERS) +
    [a, b, s].map((each) => streamServiceYaml(each)).join('') +
    streamServiceYaml(d, 'UDP') +
    streamRouteYaml('TCPRoute', { name: LONG, backends: ['a'] }) +
    streamRouteYaml('UDPRoute', { backends: ['d'] }) +
    streamRouteYaml('TLSRoute', { hostnames: ['*.example.com'], backends: ['s'] });
  fleet = await startFleet({ objects, ports: [...TCP_PORTS, ...UDP_PORTS, 8443] });
}, 120_000);
afterAll(async () => {
  await fleet.stop();
  await Promise.all(backends.map((backend) => backend.stop()));
});

test('a route without a section is at every listener of its protocol', async () => {
  expect(LISTENERS).toHaveLength(64);
  for (const port of TCP_PORTS) expect(await greetingOf({ port: fleet.port(port) })).toBe('a');
  for (const port of UDP_PORTS) expect(await askDatagram(fleet.port(port), 'x', 5000)).toBe('d x');
  for (const host of HOSTS) expect(await greetingOf({ port: fleet.port(8443), sni: host })).toBe(`s ${host}`);
  await expect(greetingOf({ port: fleet.port(8443), sni: 'other.example.com' })).rejects.toThrow();
}, 60_000);

test('it changes at all of them, and no listener is touched', async () => {
  const before = await fleet.stat('listener_manager.listener_modified');
  const [first = 0] = TCP_PORTS;
  const stream = await openStream({ port: fleet.port(first) });
  await fleet.apply(streamRouteYaml('TCPRoute', { name: LONG, backends: ['b'] }));
  for (const port of TCP_PORTS) await untilIs('new connections follow', 'b', () => greetingOf({ port: fleet.port(port) }));
  expect(await stream.echo('on')).toBe('on');
  expect(await fleet.stat('listener_manager.listener_modified')).toBe(before);
  stream.close();
}, 60_000);
