/** TCPRoute and TLSRoute through a real Envoy. */
import { ask } from '../harness/ask.ts';
import { type Fleet, gatewayYaml, startFleet } from '../harness/fleet.ts';
import { selfSigned, tlsSecretYaml } from '../harness/self-signed.ts';
import { type StreamBackend, startStreamBackend } from '../harness/stream-backends.ts';
import { greetingOf, openStream } from '../harness/stream-client.ts';
import { streamRouteYaml, streamServiceYaml } from '../harness/stream-objects.ts';
import { until, untilIs } from '../harness/until.ts';

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
  fleet = await startFleet({ objects, ports: [8443, 9000, 9001], limits: { minGraceMs: 500, maxGraceMs: 500 } });
}, 60_000);
afterAll(async () => {
  await fleet.stop();
  await Promise.all(backends.map((backend) => backend.stop()));
});

const tls = (sni: string) => greetingOf({ port: fleet.port(8443), sni });
const plain = () => greetingOf({ port: fleet.port(9000) });
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
});

test('who speaks no TLS is no client of a TLS listener', async () => {
  await expect(greetingOf({ port: fleet.port(8443), says: 'GET / HTTP/1.1' })).rejects.toThrow(/closed|ECONNRESET/);
});

test('a listener that ends TLS leaves it to the ends what they speak inside', async () => {
  expect(await greetingOf({ port: fleet.port(8443), sni: 'a.end.example.com', alpn: ['h2', 'mqtt'] })).toBe('a');
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
    await untilIs('new connections follow', to, plain);
    expect(await tls('a.end.example.com')).toBe(to);
    for (const stream of streams) expect(await stream.echo(to)).toBe(to);
  }
  expect(streams.map(({ greeting }) => greeting)).toEqual(['a', 's a.pass.example.com', 'a']);
  expect(await fleet.stat('listener_manager.listener_modified')).toBe(before);
  expect(await draining()).toBe(0);
  for (const stream of streams) stream.close();
}, 60_000);

test('weights are shares, zero is none, and what is invalid is closed', async () => {
  const connect = () => greetingOf({ port: fleet.port(9000) }).catch(() => 'closed');
  const shares = async (count: number): Promise<Readonly<Record<string, number>>> => {
    const names = await Promise.all(Array.from({ length: count }, connect));
    return Object.fromEntries([...new Set(names)].map((name) => [name, names.filter((each) => each === name).length / count]));
  };
  await fleet.apply(
    raw({
      backends: [
        ['a', 7],
        ['b', 3],
        ['c', 0],
      ],
    }),
  );
  await untilIs('new connections follow', 'a', connect);
  const { a = 0, b = 0, ...others } = await shares(300);
  expect(others).toEqual({});
  expect(a).toBeGreaterThan(0.6);
  expect(b).toBeGreaterThan(0.2);
  await fleet.apply(
    raw({
      backends: [
        ['a', 1],
        ['gone', 1],
      ],
    }),
  );
  await untilIs('some are closed', 'closed', connect);
  const { closed = 0 } = await shares(200);
  expect(closed).toBeGreaterThan(0.35);
  expect(closed).toBeLessThan(0.65);
  await fleet.apply(raw({ backends: ['gone'] }));
  await untilIs('all are closed', 'closed', async () => Object.keys(await shares(10)).join());
}, 60_000);

test('of two TCPRoutes the older one has the listener, and open connections outlive it', async () => {
  await fleet.apply(raw({ backends: ['a'] }) + raw({ name: 'younger', backends: ['b'], created: '2026-02-01T00:00:00Z' }));
  await untilIs('the older one has it', 'a', plain);
  const stream = await openStream({ port: fleet.port(9000) });
  await fleet.remove('TCPRoute', 'default/route');
  await untilIs('the younger one follows', 'b', plain);
  expect(await stream.echo('still here')).toBe('still here');
  stream.close();
}, 60_000);

test('a name that comes to one route of a port leaves the connections of the others alone', async () => {
  const wild = (...hostnames: string[]): string => streamRouteYaml('TLSRoute', { name: 'wild', hostnames, backends: ['t'] });
  const other = await openStream({ port: fleet.port(8443), sni: 'a.pass.example.com' });
  const own = await openStream({ port: fleet.port(8443), sni: 'b.pass.example.com' });
  await fleet.apply(wild('*.pass.example.com', 'deep.b.pass.example.com'));
  expect(await tls('deep.b.pass.example.com')).toBe('t deep.b.pass.example.com');
  expect(await draining()).toBe(1);
  await fleet.apply(wild('c.pass.example.com'));
  await untilIs('the name is gone', 'closed', () => tls('b.pass.example.com').catch(() => 'closed'));
  expect(await tls('c.pass.example.com')).toBe('t c.pass.example.com');
  // Those of the changed chain go on until the drain time is over.
  for (const stream of [other, own]) expect(await stream.echo('on')).toBe('on');
  for (const stream of [other, own]) stream.close();
  await fleet.apply(wild('*.pass.example.com'));
}, 60_000);

test('HTTPS shares the port with TLS, and a host belongs to the listener that is the most specific for it', async () => {
  const https = '{ name: web, port: 8443, protocol: HTTPS, hostname: "w.pass.example.com", tls: { certificateRefs: [{ name: end }] } }';
  const other = await openStream({ port: fleet.port(8443), sni: 'a.pass.example.com' });
  await fleet.apply(gatewayYaml(PASS, END, RAW, OTHER, https));
  const question = { port: fleet.port(8443), host: 'w.pass.example.com', sni: 'w.pass.example.com' };
  expect((await until('HTTPS answers', () => ask(question))).status).toBe(404);
  expect(await tls('b.pass.example.com')).toBe('t b.pass.example.com');
  expect(await other.echo('on')).toBe('on');
  await fleet.apply(gatewayYaml(PASS, END, RAW, OTHER));
  await untilIs('the route has the host again', 't w.pass.example.com', () => tls('w.pass.example.com'));
  other.close();
}, 60_000);

test('a route that is attached to two listeners of one port', async () => {
  const more = PASS.replace('name: pass', 'name: more').replace('*.pass.', '*.more.');
  const hostnames = ['twice.pass.example.com', 'twice.more.example.com'];
  await fleet.apply(gatewayYaml(PASS, END, RAW, OTHER, more) + streamRouteYaml('TLSRoute', { name: 'twice', hostnames, backends: ['s'] }));
  for (const host of hostnames) await untilIs('it serves both', `s ${host}`, () => tls(host));
  await fleet.apply(gatewayYaml(PASS, END, RAW, OTHER));
  await fleet.remove('TLSRoute', 'default/twice');
}, 60_000);

test('a TCPRoute has what TLSRoutes leave of a listener that ends TLS', async () => {
  await fleet.apply(streamRouteYaml('TCPRoute', { name: 'rest', sections: ['end'], backends: ['c'] }));
  await untilIs('the rest is served', 'c', () => tls('any.end.example.com'));
  expect(await tls('a.end.example.com')).not.toBe('c');
  await fleet.remove('TCPRoute', 'default/rest');
}, 60_000);

test('the control plane restarts, and nothing is drained', async () => {
  const before = await fleet.stat('listener_manager.listener_modified');
  const drained = await fleet.stat('listener_manager.listener_in_place_updated');
  const stream = await openStream({ port: fleet.port(9001) });
  await fleet.restart();
  expect(await stream.echo('on')).toBe('on');
  expect(await greetingOf({ port: fleet.port(9001) })).toBe('c');
  expect(await fleet.stat('listener_manager.listener_modified')).toBe(before);
  expect(await fleet.stat('listener_manager.listener_in_place_updated')).toBe(drained);
  stream.close();
}, 60_000);

test('an open connection outlives its route, its filter and its cluster', async () => {
  const stream = await openStream({ port: fleet.port(9001) });
  await fleet.remove('TCPRoute', 'default/other');
  await untilIs('the cluster is gone', false, async () => (await fleet.clusters()).includes('service/default/c/9000'));
  expect(await stream.echo('on')).toBe('on');
  await expect(greetingOf({ port: fleet.port(9001) })).rejects.toThrow();
  stream.close();
}, 60_000);

test('Envoy has refused nothing', async () => {
  const stats = await fleet.envoy.admin('/stats?filter=update_rejected|config_fail|config_conflict');
  expect(stats.split('\n').filter((line) => line !== '' && !line.endsWith(': 0'))).toEqual([]);
});
