import type { KubernetesObject } from '../../../crds/object-meta.ts';
import { expandEntry } from '../../envoy/expand.ts';
import { join } from '../../envoy/framing.ts';
import { SECURE } from '../../testing/certificates.ts';
import {
  caRef,
  gateway,
  gatewayClass,
  httpRoute,
  type Listener,
  listener,
  parentRef,
  rule,
  service,
  tlsSecret,
} from '../../testing/objects.ts';
import { createPipelines } from '../../testing/pipelines.ts';

const secure = (name: string, hostname: string, secrets = ['infra/cert']): Listener => listener({ name, hostname, secrets });

const WILD = secure('wild', '*.example.com');
const SHUT = secure('shut', 'shut.example.com', ['infra/gone']);
const ROUTE = httpRoute('infra/r', {
  parents: ['infra/gw'],
  hostnames: ['shut.example.com'],
  rules: [rule({ backends: [['app', 8080]] })],
});

function worldWith(...objects: readonly KubernetesObject[]) {
  const pipelines = createPipelines();
  for (const object of [gatewayClass('gatehouse'), tlsSecret('infra/cert', SECURE.certificate, SECURE.key), service('infra/app'), ROUTE]) {
    pipelines.put(object);
  }
  for (const object of objects) pipelines.put(object);
  pipelines.settle();
  return pipelines;
}

interface Chains {
  readonly filterChains: readonly {
    readonly filterChainMatch?: { readonly serverNames?: readonly string[] };
    readonly filters: readonly { readonly name: string }[];
  }[];
}

/** What each server name of the port comes to. */
function chainsOf({ main }: ReturnType<typeof worldWith>, port: number): Readonly<Record<string, string>> {
  const listener = main.resources.listeners.get(`infra/gw|TCP/${port}`);
  if (listener === undefined) return {};
  const { filterChains } = expandEntry(join(listener.resource.entry)).resource as unknown as Chains; // the JSON of a Listener
  return Object.fromEntries(
    filterChains.map(({ filterChainMatch, filters: [filter] }) => [
      filterChainMatch?.serverNames?.join() ?? '',
      filter?.name.split('.').at(-1) ?? '',
    ]),
  );
}

const hostsServed = ({ main }: ReturnType<typeof worldWith>): readonly string[] =>
  [...main.entries.entries()].map(([, { listener, host }]) => `${listener.sectionName} ${host}`);

test('a listener without its certificate keeps its host: a chain that closes, and no route of a broader listener', () => {
  const world = worldWith(gateway('infra/gw', [WILD, SHUT]));
  expect(chainsOf(world, 443)).toEqual({ '*.example.com': 'http_connection_manager', 'shut.example.com': 'tcp_proxy' });
  expect(hostsServed(world)).toEqual([]);
  world.put(tlsSecret('infra/gone', SECURE.certificate, SECURE.key));
  world.settle();
  expect(chainsOf(world, 443)).toEqual({ '*.example.com': 'http_connection_manager', 'shut.example.com': 'http_connection_manager' });
  expect(hostsServed(world)).toEqual(['shut shut.example.com']);
});

test('its certificate comes and goes without a look at the routes of a broader listener', () => {
  const world = worldWith(gateway('infra/gw', [WILD, SHUT]), {
    ...ROUTE,
    spec: { ...ROUTE.spec, parentRefs: [parentRef('infra/gw/wild')] },
  });
  const runs = () => world.main.graph.counters.get('routeEntries')?.runs;
  const before = runs();
  world.put(tlsSecret('infra/gone', SECURE.certificate, SECURE.key));
  world.settle();
  expect(chainsOf(world, 443)).toMatchObject({ 'shut.example.com': 'http_connection_manager' });
  expect(runs()).toBe(before);
});

test('a port of which nobody can serve is not opened, nor is a host kept by a listener that is not accepted', () => {
  expect(chainsOf(worldWith(gateway('infra/gw', [SHUT])), 443)).toEqual({});
  const twice = worldWith(gateway('infra/gw', [WILD, SHUT, { ...SHUT, name: 'again' }]));
  expect(chainsOf(twice, 443)).toEqual({ '*.example.com': 'http_connection_manager' });
  expect(hostsServed(twice)).toEqual(['wild shut.example.com']);
});

test('without those who vouch for its clients a listener keeps its host closed as well', () => {
  const tls = { frontend: { default: { validation: { caCertificateRefs: [caRef('gone')], mode: 'AllowValidOnly' as const } } } };
  const pass = listener({ name: 'pass', hostname: '*.example.com', port: 443, protocol: 'TLS', passthrough: true });
  const world = worldWith(gateway('infra/gw', [pass, secure('shut', 'shut.example.com')], { tls }));
  expect(chainsOf(world, 443)).toEqual({ '*.example.com': 'tcp_proxy', 'shut.example.com': 'tcp_proxy' });
});
