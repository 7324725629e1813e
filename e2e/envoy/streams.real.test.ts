/** TCPRoute and TLSRoute through a real Envoy. */
import { type Fleet, gatewayYaml, startFleet } from '../harness/fleet.ts';
import { selfSigned, tlsSecretYaml } from '../harness/self-signed.ts';
import { type StreamBackend, startStreamBackend } from '../harness/stream-backends.ts';
import { greetingOf, openStream } from '../harness/stream-client.ts';
import { streamRouteYaml, streamServiceYaml } from '../harness/stream-objects.ts';
import { until } from '../harness/until.ts';

const PASS = '{ name: pass, port: 8443, protocol: TLS, hostname: "*.pass.example.com", tls: { mode: Passthrough } }';
const END =
  '{ name: end, port: 8443, protocol: TLS, hostname: "*.end.example.com", tls: { mode: Terminate, certificateRefs: [{ name: end }] } }';
const RAW = '{ name: raw, port: 9000, protocol: TCP }';
const OTHER = '{ name: other, port: 9001, protocol: TCP }';

let backends: StreamBackend[];
let fleet: Fleet;

const raw = (choice: Omit<Parameters<typeof streamRouteYaml>[1], 'sections'>): string =>
  streamRouteYaml('TCPRoute', { sections: ['raw'], ...choice });

beforeAll(async () => {
  backends = await Promise.all([
    ...['a', 'b', 'c'].map((name) => startStreamBackend(name)),
    ...['s', 't'].map((name) => startStreamBackend(name, selfSigned(`${name}.example.com`))),
  ]);
  const objects =
    gatewayYaml(PASS, END, RAW, OTHER) +
    tlsSecretYaml('end', selfSigned('a.end.example.com')) +
    backends.map((backend) => streamServiceYaml(backend)).join('') +
    raw({ backends: ['a'] }) +
    streamRouteYaml('TCPRoute', { name: 'other', sections: ['other'], backends: ['c'] }) +
    streamRouteYaml('TLSRoute', { name: 'exact', hostnames: ['a.pass.example.com'], backends: ['s'] }) +
    streamRouteYaml('TLSRoute', { name: 'wild', hostnames: ['*.pass.example.com'], backends: ['t'] }) +
    streamRouteYaml('TLSRoute', { name: 'ended', hostnames: ['a.end.example.com'], backends: ['a'] });
  fleet = await startFleet({ objects, ports: [8443, 9000, 9001, 443] });
}, 60_000);
afterAll(async () => {
  await fleet.stop();
  await Promise.all(backends.map((backend) => backend.stop()));
});

const tls = (sni: string) => greetingOf({ port: fleet.port(8443), sni });
const draining = () => fleet.stat('listener_manager.total_filter_chains_draining');

test('a connection reaches the backend of a TCPRoute', async () => {
  expect(await greetingOf({ port: fleet.port(9000) })).toBe('a');
  expect(await greetingOf({ port: fleet.port(9001) })).toBe('c');
});

test('TLS is passed through by its server name, the most specific one, and ended where a listener has certificates', async () => {
  expect(await tls('a.pass.example.com')).toBe('s a.pass.example.com');
  expect(await tls('b.pass.example.com')).toBe('t b.pass.example.com');
  expect(await tls('x.b.pass.example.com')).toBe('t x.b.pass.example.com');
  expect(await tls('a.end.example.com')).toBe('a');
});

test('what no route serves is closed', async () => {
  for (const sni of ['b.end.example.com', 'pass.example.com', 'elsewhere.example.org', '']) await expect(tls(sni)).rejects.toThrow();
  await expect(greetingOf({ port: fleet.port(8443) })).rejects.toThrow();
});

test('routes change under open connections, and none is drained, nor any listener touched', async () => {
  const before = await fleet.stat('listener_manager.listener_modified');
  const streams = await Promise.all([
    openStream({ port: fleet.port(9000) }),
    openStream({ port: fleet.port(8443), sni: 'a.pass.example.com' }),
    openStream({ port: fleet.port(8443), sni: 'a.end.example.com' }),
  ]);
  for (const to of ['b', 'c', 'b']) {
    await fleet.apply(
      raw({ backends: [to] }) + streamRouteYaml('TLSRoute', { name: 'ended', hostnames: ['a.end.example.com'], backends: [to] }),
    );
    expect(
      await until('new connections follow', async () => ((await greetingOf({ port: fleet.port(9000) })) === to ? to : undefined)),
    ).toBe(to);
    expect(await tls('a.end.example.com')).toBe(to);
    for (const stream of streams) expect(await stream.echo(to)).toBe(to);
  }
  expect(streams.map(({ greeting }) => greeting)).toEqual(['a', 's a.pass.example.com', 'a']);
  expect(await fleet.stat('listener_manager.listener_modified')).toBe(before);
  expect(await draining()).toBe(0);
  for (const stream of streams) stream.close();
}, 60_000);
