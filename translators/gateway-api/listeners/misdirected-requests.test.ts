import { expandEntry } from '../../envoy/expand.ts';
import { join } from '../../envoy/framing.ts';
import { SECURE } from '../../testing/certificates.ts';
import type { Listener } from '../../testing/objects.ts';
import { gateway, gatewayClass, httpRoute, listener, listenerSet, tlsSecret } from '../../testing/objects.ts';
import { createPipelines } from '../../testing/pipelines.ts';

const secrets = ['infra/cert'];

const ANY = listener({ name: 'any', secrets });
const WILD = listener({ name: 'wild', hostname: '*.example.com', secrets });
const EXACT = listener({ name: 'exact', hostname: 'a.example.com', secrets });
const ELSEWHERE = listener({ name: 'elsewhere', hostname: 'b.example.com', port: 8443, secrets });
const BROKEN = listener({ name: 'broken', hostname: 'c.example.com', secrets: ['infra/gone'] });

function served(...listeners: readonly Listener[]) {
  const pipelines = createPipelines();
  for (const object of [
    gatewayClass('gatehouse'),
    gateway('infra/gw', listeners, { sets: { from: 'All' } }),
    tlsSecret('infra/cert', SECURE.certificate, SECURE.key),
  ]) {
    pipelines.put(object);
  }
  pipelines.settle();
  return pipelines;
}

interface VirtualHosts {
  readonly virtualHosts: readonly {
    readonly name: string;
    readonly domains: readonly string[];
    readonly routes?: readonly { readonly directResponse?: { readonly status: number } }[];
  }[];
}

/** The domains that answer 421, by listener. */
function misdirected({ main }: ReturnType<typeof served>): Readonly<Record<string, readonly string[]>> {
  const all = [...main.resources.routeConfigurations.entries()].map(([, { resource }]) => expandEntry(join(resource.entry)));
  return Object.fromEntries(
    all.map(({ name, resource }) => {
      const { virtualHosts } = resource as unknown as VirtualHosts; // the JSON of a RouteConfiguration
      const answering = virtualHosts.filter(({ routes }) => routes?.[0]?.directResponse?.status === 421);
      return [name.replace('infra/gw/', ''), answering.flatMap(({ domains }) => domains)];
    }),
  );
}

test('the hosts of all other HTTPS listeners of the port answer 421, and those of another port are nobody', () => {
  expect(misdirected(served(ANY, WILD, EXACT, ELSEWHERE))).toEqual({
    any: ['*.example.com', 'a.example.com'],
    wild: ['*', 'a.example.com'],
    exact: ['*', '*.example.com'],
    elsewhere: [],
  });
});

test('where they are more than one Gateway can have listeners, all but the own hosts are one, so that a host more changes no other listener', () => {
  const sets = Array.from({ length: 64 }, (_, i) =>
    listenerSet(`infra/set-${i}`, [listener({ name: 'a', hostname: `a-${i}.example.org`, secrets })]),
  );
  const pipelines = served(WILD, EXACT);
  for (const set of sets) pipelines.put(set);
  pipelines.settle();
  expect(misdirected(pipelines)).toMatchObject({ wild: ['a.example.com', '*'], exact: ['*'], 'infra/set-7/a': ['*'] });
});

test('the host of a listener that cannot serve is misdirected too, so that nobody serves it in its place', () => {
  expect(misdirected(served(WILD, BROKEN))).toEqual({ wild: ['c.example.com'] });
});

test('plain HTTP has no connections that are made for a host', () => {
  expect(misdirected(served(listener(), listener({ name: 'b', hostname: 'b.example.com' })))).toEqual({ http: [] });
});

test('routes change nothing of it', () => {
  const pipelines = served(WILD, EXACT);
  const before = pipelines.main.graph.counters.get('misdirectedRequests')?.runs;
  pipelines.put(httpRoute('infra/r', { hostnames: ['a.example.com', 'x.example.com'] }));
  pipelines.settle();
  expect(pipelines.main.graph.counters.get('misdirectedRequests')?.runs).toBe(before);
  expect(misdirected(pipelines)).toEqual({ wild: ['a.example.com'], exact: ['*.example.com'] });
});
