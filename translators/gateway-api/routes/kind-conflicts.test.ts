import fc from 'fast-check';
import { hostnamesOf, type Route } from '../../../crds/gateway-api/route.ts';
import { objectKey } from '../../ir/object-key.ts';
import { routeKey } from '../../ir/route-key.ts';
import { gateway, gatewayClass, grpcRoute, httpRoute, listener } from '../../testing/objects.ts';
import { createPipelines, type Pipelines } from '../../testing/pipelines.ts';
import { ageOf, compareAge, compareText } from '../age.ts';
import { intersect } from '../hostname.ts';

const keyOf = (route: Route): string => routeKey(route.kind, objectKey(route));
const hostsOf = (route: Route): readonly string[] => (hostnamesOf(route).length === 0 ? [''] : hostnamesOf(route));

const KINDS = { HTTPRoute: httpRoute, GRPCRoute: grpcRoute } as const;

const anyRoute: fc.Arbitrary<Route> = fc
  .record({
    kind: fc.constantFrom('HTTPRoute' as const, 'GRPCRoute' as const),
    name: fc.constantFrom('a', 'b', 'c', 'd'),
    hosts: fc.uniqueArray(
      fc.constantFrom('x.example.com', 'y.example.com', 'a.y.example.com', '*.example.com', '*.y.example.com', 'z.org'),
      {
        maxLength: 2,
      },
    ),
    day: fc.integer({ min: 1, max: 4 }),
  })
  .map(({ kind, name, hosts, day }) =>
    KINDS[kind](`shop/${name}`, { created: `2026-01-0${day}T00:00:00Z`, ...(hosts.length === 0 ? {} : { hostnames: hosts }) }),
  );

/** The specification, read naively: from the oldest route down, whoever meets nobody of the other kind who was accepted. */
function accepted(routes: readonly Route[]): readonly string[] {
  const order = routes.toSorted((a, b) => compareAge(ageOf(a), ageOf(b)) || compareText(keyOf(a), keyOf(b)));
  const taken: Route[] = [];
  const meets = (a: Route, b: Route): boolean =>
    hostsOf(a).some((host) => hostsOf(b).some((other) => intersect(host, other) !== undefined));
  for (const route of order) if (!taken.some((other) => other.kind !== route.kind && meets(other, route))) taken.push(route);
  return taken.map(keyOf).sort();
}

function served({ main }: Pipelines, routes: readonly Route[]): readonly string[] {
  const isAccepted = (key: string): boolean =>
    main.statuses.routes.get(key)?.parents[0]?.conditions.some(({ type, status }) => type === 'Accepted' && status === 'True') === true;
  return routes.map(keyOf).filter(isAccepted).sort();
}

function world(routes: readonly Route[] = []): Pipelines {
  const pipelines = createPipelines();
  for (const object of [gatewayClass('gatehouse'), gateway('infra/gw', [listener()]), ...routes]) pipelines.put(object);
  pipelines.settle();
  return pipelines;
}

test('of two kinds that meet exactly one is accepted, from the oldest route down', () => {
  fc.assert(
    fc.property(fc.uniqueArray(anyRoute, { maxLength: 6, selector: keyOf }), fc.array(anyRoute, { maxLength: 4 }), (routes, changes) => {
      const pipelines = world(routes);
      const now = new Map(routes.map((route) => [keyOf(route), route]));
      expect(served(pipelines, [...now.values()])).toEqual(accepted([...now.values()]));
      for (const change of changes) {
        if (now.delete(keyOf(change))) pipelines.remove(change);
        else {
          now.set(keyOf(change), change);
          pipelines.put(change);
        }
        pipelines.settle();
        if (now.size <= 6) expect(served(pipelines, [...now.values()])).toEqual(accepted([...now.values()]));
      }
    }),
    { numRuns: 100 },
  );
});

test('a chain that is longer than the rounds ends in a refusal, and never in two kinds on one host', () => {
  const chain = Array.from({ length: 9 }, (_, i) =>
    (i % 2 === 0 ? httpRoute : grpcRoute)(`shop/r${i}`, {
      hostnames: [`h${i}.example.com`, `h${i + 1}.example.com`],
      created: `2026-01-0${i + 1}T00:00:00Z`,
    }),
  );
  const pipelines = world(chain);
  expect(served(pipelines, chain)).toEqual(['HTTPRoute/shop/r0', 'HTTPRoute/shop/r2', 'HTTPRoute/shop/r4']);
});

test('a route that was not accepted takes the host when the other one goes, and what it refers to is served then', () => {
  const pipelines = world([httpRoute('shop/web', { hostnames: ['x.example.com'] })]);
  const calls = grpcRoute('shop/calls', { hostnames: ['x.example.com'], created: '2026-01-02T00:00:00Z' });
  pipelines.put(calls);
  pipelines.settle();
  const entries = (): readonly string[] => [...pipelines.main.entries.entries()].map(([, { route }]) => route);
  expect(entries()).toEqual(['HTTPRoute/shop/web']);
  expect(pipelines.main.statuses.routes.get('GRPCRoute/shop/calls')?.parents[0]?.conditions[0]).toEqual({
    type: 'Accepted',
    status: 'False',
    reason: 'HostnameConflict',
    message:
      'HTTPRoute shop/web comes before this GRPCRoute and serves hosts of x.example.com on listener infra/gw/http, which routes of both kinds cannot share; change the hostnames of one of them, or attach it to another listener.',
  });
  pipelines.remove(httpRoute('shop/web'));
  pipelines.settle();
  expect(entries()).toEqual(['GRPCRoute/shop/calls']);
});

test('on a listener of its own the route is served, and its status says where it is not', () => {
  const pipelines = world([httpRoute('shop/web', { hostnames: ['x.example.com'], parents: ['infra/gw/http'] })]);
  pipelines.put(gateway('infra/gw', [listener(), listener({ name: 'other', port: 8080 })]));
  pipelines.put(grpcRoute('shop/calls', { hostnames: ['x.example.com'], created: '2026-01-02T00:00:00Z' }));
  pipelines.settle();
  const [condition] = pipelines.main.statuses.routes.get('GRPCRoute/shop/calls')?.parents[0]?.conditions ?? [];
  expect(condition).toMatchObject({ status: 'True', message: expect.stringContaining('on listener infra/gw/http') });
  expect([...pipelines.main.entries.entries()].map(([, { route, listener: at }]) => [route, at.sectionName])).toEqual([
    ['GRPCRoute/shop/calls', 'other'],
    ['HTTPRoute/shop/web', 'http'],
  ]);
});
