import type { BackendShare, RouteNode } from '../ir/route-node.ts';
import { backendRoutes } from './backend-routes.ts';

const share = (cluster: string, weight: number, path?: string): BackendShare => ({
  kind: 'Cluster',
  cluster,
  weight,
  features: path === undefined ? [] : [{ feature: 'HTTPRoute/urlRewrite', ir: { path: { kind: 'full', path } } }],
});

const node = (...backends: readonly BackendShare[]): RouteNode => ({
  kind: 'Route',
  protocol: 'http',
  name: 'r',
  match: { path: { type: 'PathPrefix', value: '/' }, headers: [], queryParams: [] },
  backends,
  timeouts: {},
  features: [],
  listener: { scheme: 'http', port: 80 },
  origin: { kind: 'HTTPRoute', namespace: 'a', name: 'r' },
});

const fractionsOf = (...backends: readonly BackendShare[]) => backendRoutes(node(...backends))?.map(({ perMillion }) => perMillion);

test('weighted clusters do where no backend asks for a route of its own', () => {
  expect(fractionsOf(share('a', 1), share('b', 1))).toBeUndefined();
});

test('fractions add up, and the last route takes what is left', () => {
  expect(fractionsOf(share('a', 1, '/a'), share('b', 2), { kind: 'Invalid', weight: 1 })).toEqual([250_000, 750_000, undefined]);
});

test('a backend without weight has no route', () => {
  expect(fractionsOf(share('a', 0, '/a'), share('b', 2))).toBeUndefined();
  expect(fractionsOf(share('a', 1, '/a'), share('b', 0))).toEqual([undefined]);
});
