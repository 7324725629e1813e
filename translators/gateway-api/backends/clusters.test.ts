import type { HTTPRouteRule } from '../../../crds/gateway-api/http-route.ts';
import { gateway, gatewayClass, httpRoute, listener, rule, service } from '../../testing/objects.ts';
import { createPipelines, type Pipelines } from '../../testing/pipelines.ts';

const backends = [['shop/api', 8080]] as const;
const timed = (path: string, timeouts?: HTTPRouteRule['timeouts']): HTTPRouteRule =>
  rule({ path, backends, ...(timeouts === undefined ? {} : { timeouts }) });

function worldWith(...rules: readonly HTTPRouteRule[]): Pipelines {
  const pipelines = createPipelines();
  for (const object of [gatewayClass('gatehouse'), gateway('infra/gw', [listener()]), service('shop/api')]) pipelines.put(object);
  pipelines.put(httpRoute('shop/r', { rules }));
  pipelines.settle();
  return pipelines;
}

const graceOf = ({ main }: Pipelines): number | undefined =>
  main.resources.clusters.get('infra/gw|service/shop/api/8080')?.resource.graceMs;

test.each<[string, readonly HTTPRouteRule[], number]>([
  ["without timeouts Envoy's own counts", [timed('/')], 15_000],
  ['the longest of all rules counts', [timed('/a', { request: '2s' }), timed('/b', { request: '90s' }), timed('/c')], 90_000],
  ['of a rule the shorter of both', [timed('/', { request: '30s', backendRequest: '20s' })], 20_000],
  ['zero is no limit of its own', [timed('/', { request: '0s', backendRequest: '20s' })], 20_000],
])('a cluster outlives its routes by the longest request: %s', (_, rules, expected) => {
  expect(graceOf(worldWith(...rules))).toBe(expected);
});

test('a rule without any limit holds its cluster as long as there is', () => {
  expect(graceOf(worldWith(timed('/', { request: '0s' })))).toBe(Number.MAX_SAFE_INTEGER);
});

test('another timeout changes how long a cluster is kept, and not a byte of it', () => {
  const pipelines = worldWith(timed('/'));
  const before = pipelines.main.resources.clusters.get('infra/gw|service/shop/api/8080')?.resource;
  pipelines.put(httpRoute('shop/r', { rules: [timed('/', { request: '60s' })] }));
  pipelines.settle();
  const after = pipelines.main.resources.clusters.get('infra/gw|service/shop/api/8080')?.resource;
  expect(after).toMatchObject({ version: before?.version, graceMs: 60_000 });
});

test('a cluster goes with the last rule that uses it, and its load assignment is no longer asked for', () => {
  const pipelines = worldWith(timed('/a'), timed('/b'));
  pipelines.put(httpRoute('shop/r', { rules: [timed('/b')] }));
  pipelines.settle();
  expect([pipelines.main.resources.clusters.size, pipelines.endpoints.loadAssignments.size]).toEqual([1, 1]);
  pipelines.put(httpRoute('shop/r', { rules: [rule({ path: '/b' })] }));
  pipelines.settle();
  expect([pipelines.main.resources.clusters.size, pipelines.endpoints.loadAssignments.size]).toEqual([0, 0]);
});
