import { expandEntry } from '../../envoy/expand.ts';
import { join } from '../../envoy/framing.ts';
import type { Listener } from '../../testing/objects.ts';
import { gateway, gatewayClass, httpRoute, listener, listenerSet, referenceGrant, rule, service } from '../../testing/objects.ts';
import { createPipelines, type Pipelines } from '../../testing/pipelines.ts';

const asking = (name: string, ...asks: readonly string[]): Listener => listener({ name, hostname: `${name}.example.com`, asks });

function worldWith(...listeners: readonly Listener[]): Pipelines {
  const pipelines = createPipelines();
  for (const object of [
    gatewayClass('gatehouse'),
    gateway('infra/gw', listeners, { sets: { from: 'All' } }),
    service('infra/auth'),
    service('infra/more'),
    httpRoute('infra/r', { rules: [rule({ backends: [['infra/auth', 8080]] })] }),
  ]) {
    pipelines.put(object);
  }
  pipelines.settle();
  return pipelines;
}

interface VirtualHosts {
  readonly virtualHosts: readonly {
    readonly domains: readonly string[];
    readonly routes?: readonly { readonly name: string; readonly directResponse?: { readonly status: number } }[];
    readonly typedPerFilterConfig?: Readonly<Record<string, unknown>>;
  }[];
}

/** By domain: how many filters its requests pass, and what its last route answers by itself. */
function hosts({ main }: Pipelines): Readonly<Record<string, string>> {
  const all = [...main.resources.routeConfigurations.entries()].map(([, { resource }]) => expandEntry(join(resource.entry)));
  const virtualHosts = all.flatMap(({ resource }) => (resource as unknown as VirtualHosts).virtualHosts); // the JSON of a RouteConfiguration
  return Object.fromEntries(
    virtualHosts.map(({ domains, routes = [], typedPerFilterConfig = {} }) => {
      const filters = Object.keys(typedPerFilterConfig).filter((name) => name.includes('/listener-'));
      return [domains.join(' '), `${filters.length} filters, ${routes.at(-1)?.directResponse?.status ?? 'route'}`];
    }),
  );
}

const runsOf = ({ main }: Pipelines, derivation: string): number => main.graph.counters.get(derivation)?.runs ?? 0;

test('only the hosts of the listener pass its filters', () => {
  expect(hosts(worldWith(listener({ name: 'open' }), asking('one', 'infra/auth'), asking('two', 'infra/auth', 'infra/more')))).toEqual({
    '*': '0 filters, route',
    'one.example.com': '1 filters, 404',
    'two.example.com': '2 filters, 404',
  });
});

test('a service that goes shuts the hosts that ask it, and touches no route and no other host', () => {
  const world = worldWith(listener({ name: 'open' }), asking('one', 'infra/auth'), asking('two', 'infra/auth', 'infra/more'));
  const before = ['virtualHosts', 'routeEntries', 'envoyListeners'].map((name) => runsOf(world, name));
  world.remove(service('infra/more'));
  world.settle();
  expect(hosts(world)).toMatchObject({ 'one.example.com': '1 filters, 404', 'two.example.com': '0 filters, 500' });
  expect(['virtualHosts', 'routeEntries', 'envoyListeners'].map((name, i) => runsOf(world, name) - (before[i] ?? 0))).toEqual([1, 0, 0]);
  world.put(service('infra/more'));
  world.settle();
  expect(hosts(world)).toMatchObject({ 'two.example.com': '2 filters, 404' });
});

test('the cluster of a service is there as long as a listener asks it', () => {
  const world = worldWith(asking('one', 'infra/more'));
  const clusters = (): readonly string[] => [...world.main.resources.clusters.entries()].map(([key]) => key);
  expect(clusters()).toContain('infra/gw|service/infra/more/8080');
  world.put(gateway('infra/gw', [listener()]));
  world.settle();
  expect(clusters()).not.toContain('infra/gw|service/infra/more/8080');
});

test('a listener of a ListenerSet refers as a ListenerSet of its namespace', () => {
  const world = worldWith(listener());
  world.put(listenerSet('team/set', [asking('one', 'infra/auth')]));
  world.settle();
  expect(hosts(world)['one.example.com']).toBe('0 filters, 500');
  world.put(referenceGrant('infra/grant', { from: [['ListenerSet', 'team']], to: [['Service']] }));
  world.settle();
  expect(hosts(world)['one.example.com']).toBe('1 filters, 404');
});
