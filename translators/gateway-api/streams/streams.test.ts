import { fromBinary } from '@bufbuild/protobuf';
import { anyUnpack } from '@bufbuild/protobuf/wkt';
import { ListenerSchema } from '../../../xds/proto/gen/envoy/config/listener/v3/listener_pb.ts';
import { DeltaDiscoveryResponseSchema } from '../../../xds/proto/gen/envoy/service/discovery/v3/discovery_pb.ts';
import { join } from '../../envoy/framing.ts';
import { SECURE } from '../../testing/certificates.ts';
import { gateway, gatewayClass, type Listener, listener, service, tlsSecret } from '../../testing/objects.ts';
import { createPipelines, type Pipelines } from '../../testing/pipelines.ts';
import { tcpRoute, tlsRoute, udpRoute } from '../../testing/stream-objects.ts';

const pass = (name: string, hostname?: string): Listener =>
  listener({ name, port: 443, protocol: 'TLS', passthrough: true, ...(hostname === undefined ? {} : { hostname }) });

type Objects = Parameters<Pipelines['put']>[0];

function worldWith(listeners: readonly Listener[], ...objects: readonly Objects[]): Pipelines {
  const pipelines = createPipelines();
  const given = [gatewayClass('gatehouse'), gateway('infra/gw', listeners), service('infra/s'), ...objects];
  for (const object of given) pipelines.put(object);
  pipelines.settle();
  return pipelines;
}

/** What Envoy gets for a port: the names that each chain takes, and whether it ends TLS. */
function chainsOf({ main }: Pipelines, port: string): Readonly<Record<string, string>> {
  const resource = main.resources.listeners.get(`infra/gw|${port}`)?.resource;
  if (resource === undefined) throw new Error(`there is no listener on ${port}`);
  const [entry] = fromBinary(DeltaDiscoveryResponseSchema, join(resource.entry)).resources;
  const message = entry?.resource && anyUnpack(entry.resource, ListenerSchema);
  const chains = message?.filterChains ?? [];
  return Object.fromEntries(
    chains.map(({ name, filterChainMatch, transportSocket }) => [
      `${name}${transportSocket === undefined ? '' : ' (TLS)'}`,
      filterChainMatch?.serverNames.join(' ') || filterChainMatch?.transportProtocol || '',
    ]),
  );
}

const acceptedOf = ({ main }: Pipelines, route: string): string => {
  const condition = main.statuses.routes.get(route)?.parents[0]?.conditions.find(({ type }) => type === 'Accepted');
  return `${condition?.status} ${condition?.reason}: ${condition?.message}`;
};

describe('a host of a port', () => {
  test('belongs to the most specific listener, whichever protocol that has', () => {
    const https = listener({ name: 'web', port: 443, hostname: 'web.example.com', secrets: ['infra/cert'] });
    const end: Listener = {
      ...listener({ name: 'end', port: 443, hostname: 'end.example.com', secrets: ['infra/cert'] }),
      protocol: 'TLS',
    };
    const world = worldWith(
      [https, end, pass('wild', '*.example.com'), pass('own', 'own.example.com')],
      tlsSecret('infra/cert', SECURE.certificate, SECURE.key),
      tlsRoute('infra/r', { hostnames: ['*.example.com', 'web.example.com', 'x.example.com'], parents: ['infra/gw/wild', 'infra/gw/end'] }),
    );
    expect(chainsOf(world, 'TCP/443')).toEqual({
      'infra/gw/web (TLS)': 'web.example.com',
      'tlsroute/infra/r (TLS)': 'end.example.com',
      'tlsroute/infra/r': '*.example.com x.example.com',
      'infra/gw/own': 'own.example.com',
    });
  });

  test("that two routes ask for is the older one's, and the younger one is told", () => {
    const world = worldWith(
      [pass('wild')],
      tlsRoute('infra/old', { hostnames: ['a.example.com'], created: '2026-01-01T00:00:00Z' }),
      tlsRoute('infra/new', { hostnames: ['b.example.com', 'a.example.com'], created: '2026-01-02T00:00:00Z' }),
    );
    expect(chainsOf(world, 'TCP/443')).toEqual({
      'infra/gw/wild': 'tls',
      'tlsroute/infra/old': 'a.example.com',
      'tlsroute/infra/new': 'b.example.com',
    });
    expect(acceptedOf(world, 'TLSRoute/infra/old')).toBe('True Accepted: Route is accepted.');
    expect(acceptedOf(world, 'TLSRoute/infra/new')).toBe(
      'True Accepted: Route is accepted. It does not get a.example.com of listener infra/gw/wild, which goes to the older TLSRoute infra/old.',
    );
    world.remove(tlsRoute('infra/old'));
    world.settle();
    expect(chainsOf(world, 'TCP/443')).toEqual({ 'infra/gw/wild': 'tls', 'tlsroute/infra/new': 'a.example.com b.example.com' });
    expect(acceptedOf(world, 'TLSRoute/infra/new')).toBe('True Accepted: Route is accepted.');
  });

  test('that two routes come down to is for the one that names the more specific host', () => {
    const world = worldWith(
      [pass('one', 'a.example.com')],
      tlsRoute('infra/old', { hostnames: ['*.example.com'], created: '2026-01-01T00:00:00Z' }),
      tlsRoute('infra/new', { hostnames: ['a.example.com'], created: '2026-01-02T00:00:00Z' }),
    );
    expect(chainsOf(world, 'TCP/443')).toEqual({ 'tlsroute/infra/new': 'a.example.com' });
    expect(acceptedOf(world, 'TLSRoute/infra/old')).toBe(
      'True Accepted: Route is accepted. It does not get a.example.com of listener infra/gw/one, which goes to TLSRoute infra/new, whose hostname is more specific.',
    );
  });

  test('that many are lost of is told in short', () => {
    const hosts = Array.from({ length: 6 }, (_, i) => `h${i}.example.com`);
    const world = worldWith(
      [pass('wild')],
      tlsRoute('infra/old', { hostnames: hosts, created: '2026-01-01T00:00:00Z' }),
      tlsRoute('infra/new', { hostnames: hosts, created: '2026-01-02T00:00:00Z' }),
    );
    expect(acceptedOf(world, 'TLSRoute/infra/new')).toContain(
      'h0.example.com, h1.example.com, h2.example.com and 3 more hosts of listener',
    );
  });

  test('is the same in upper case', () => {
    const world = worldWith([pass('wild', '*.Example.com')], tlsRoute('infra/r', { hostnames: ['A.example.com'] }));
    expect(chainsOf(world, 'TCP/443')).toEqual({ 'infra/gw/wild': '*.example.com', 'tlsroute/infra/r': 'a.example.com' });
  });
});

test('a Service has one port for HTTPS and TLS together, and one of each transport', () => {
  const world = worldWith(
    [
      pass('wild', '*.example.com'),
      listener({ name: 'web', port: 443, hostname: 'web.example.com', secrets: ['infra/cert'] }),
      listener({ name: 'dns-tcp', port: 53, protocol: 'TCP' }),
      listener({ name: 'dns', port: 53, protocol: 'UDP' }),
    ],
    tlsSecret('infra/cert', SECURE.certificate, SECURE.key),
  );
  expect(world.main.infra.get('infra/gw')?.ports).toEqual([
    { name: 'tcp-53', protocol: 'TCP', transport: 'TCP', port: 53, bindPort: 10_053 },
    { name: 'udp-53', protocol: 'UDP', transport: 'UDP', port: 53, bindPort: 10_053 },
    { name: 'https-443', protocol: 'HTTPS', transport: 'TCP', port: 443, bindPort: 10_443 },
  ]);
});

test("backends, and who wins, are nobody's business but that of the route: no listener changes with them", () => {
  const world = worldWith([listener({ name: 'tcp', port: 9000, protocol: 'TCP' })], tcpRoute('infra/r'));
  const before = world.main.resources.listeners.get('infra/gw|TCP/9000')?.resource;
  world.put(
    tcpRoute('infra/r', {
      backends: [
        ['infra/s', 8080, 2],
        ['infra/gone', 1],
      ],
    }),
  );
  world.put(tcpRoute('infra/late', { created: '2026-02-02T00:00:00Z' }));
  world.settle();
  expect(world.main.resources.listeners.get('infra/gw|TCP/9000')?.resource).toBe(before);
  expect(before?.requires).toEqual([{ type: 'extensionConfig', name: 'infra/gw/tcp/tcproute/infra/r' }]);
});

test('a UDP listener waits for its clusters itself, and does not wait for those that do not exist', () => {
  const datagrams = service('infra/dns', [], { ports: [{ name: 'dns', port: 53, protocol: 'UDP' }] });
  const world = worldWith(
    [listener({ name: 'udp', port: 53, protocol: 'UDP' })],
    datagrams,
    udpRoute('infra/r', {
      backends: [
        ['infra/dns', 53, 3],
        ['infra/gone', 53, 1],
      ],
    }),
  );
  const resource = world.main.resources.listeners.get('infra/gw|UDP/53')?.resource;
  expect(resource?.requires).toEqual([{ type: 'cluster', name: 'service/infra/dns/53/udp' }]);
  expect([...world.main.wanted.entries()].map(([, { name, transport }]) => [name, transport])).toEqual([
    ['service/infra/dns/53/udp', 'UDP'],
  ]);
});

test('a filter that proxies refuse closes its connections until it is changed, and its route says so', () => {
  const world = worldWith([listener({ name: 'tcp', port: 9000, protocol: 'TCP' })], tcpRoute('infra/r'));
  const config = () => world.main.resources.extensionConfigs.get('infra/gw|infra/gw/tcp/tcproute/infra/r')?.resource;
  const good = config();
  const hash = good?.fragments[0]?.hash ?? '';
  world.main.inputs.quarantine.put(hash, { envoyVersion: '1.40.0', message: 'no such thing' });
  world.settle();
  expect(config()?.fragments).toEqual([{ key: 'infra/gw/tcp/tcproute/infra/r', hash: `safe:${hash}`, requires: [] }]);
  const programmed = world.main.statuses.routes.get('TCPRoute/infra/r')?.parents[0]?.conditions.find(({ type }) => type === 'Programmed');
  expect(programmed).toMatchObject({ status: 'False', reason: 'Invalid', message: expect.stringContaining('no such thing') });
  world.main.inputs.quarantine.put(hash, undefined);
  world.settle();
  expect(config()?.version).toBe(good?.version);
});

test('a filter that is but suspect goes on as what proxies took in its place, and its route says nothing of it', () => {
  const world = worldWith([listener({ name: 'tcp', port: 9000, protocol: 'TCP' })], service('infra/t'), tcpRoute('infra/r'));
  const config = () => world.main.resources.extensionConfigs.get('infra/gw|infra/gw/tcp/tcproute/infra/r')?.resource;
  const taken = config();
  world.put(tcpRoute('infra/r', { backends: [['infra/t', 8080]] }));
  world.settle();
  const [suspect] = config()?.fragments ?? [];
  const hash = suspect?.hash ?? '';
  expect(suspect?.requires).toEqual(['service/infra/t/8080']);
  world.main.inputs.quarantine.put(hash, { envoyVersion: '1.40.0', message: 'one of many', formers: taken?.fragments ?? [] });
  world.settle();
  const [stoodIn] = config()?.fragments ?? [];
  expect(stoodIn).toEqual({ ...taken?.fragments[0], hash: expect.stringMatching(new RegExp(`^safe:${hash}<`)) });
  expect(stoodIn?.requires).toEqual(['service/infra/s/8080']);
  expect(config()?.version).toBe(`${taken?.version}!${hash}`);
  const programmed = world.main.statuses.routes.get('TCPRoute/infra/r')?.parents[0]?.conditions.find(({ type }) => type === 'Programmed');
  expect(programmed).toBeUndefined();
  world.main.inputs.quarantine.put(hash, { envoyVersion: '1.40.0', message: 'it is this one' });
  world.settle();
  expect(config()?.fragments).toEqual([{ key: 'infra/gw/tcp/tcproute/infra/r', hash: `safe:${hash}`, requires: [] }]);
});
