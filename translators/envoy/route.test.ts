import { toJson } from '@bufbuild/protobuf';
import { RouteMatchSchema, RouteSchema } from '../../xds/proto/gen/envoy/config/route/v3/route_components_pb.ts';
import type { BackendShare, RouteMatchNode, RouteNode } from '../ir/route-node.ts';
import { buildRoute, buildRoutes, clustersOf, safeRoute } from './route.ts';
import { routeMatchOf } from './route-match.ts';
import { ENVOY_TYPES } from './type-registry.ts';

const ANY: RouteMatchNode = { path: { type: 'PathPrefix', value: '/' }, headers: [], queryParams: [] };

const share = (cluster: string, weight: number): BackendShare => ({ kind: 'Cluster', cluster, weight, features: [] });

const nodeOf = (part: Partial<RouteNode>): RouteNode => ({
  kind: 'Route',
  protocol: 'http',
  name: 'httproute/default/shop/rule/0/match/0/shop_example_com',
  match: ANY,
  backends: [share('service/default/shop/80', 1)],
  timeouts: {},
  features: [],
  listener: { scheme: 'http', port: 80 },
  host: 'shop.example.com',
  origin: { kind: 'HTTPRoute', namespace: 'default', name: 'shop' },
  ...part,
});

const json = (part: Partial<RouteNode>) => toJson(RouteSchema, buildRoute(nodeOf(part)), { registry: ENVOY_TYPES });
const matchJson = (part: Partial<RouteMatchNode>) => toJson(RouteMatchSchema, routeMatchOf({ ...ANY, ...part }));

describe('match', () => {
  test.each([
    ['PathPrefix', '/', { prefix: '/' }],
    ['PathPrefix', '/foo', { pathSeparatedPrefix: '/foo' }],
    ['PathPrefix', '/foo/', { pathSeparatedPrefix: '/foo' }],
    ['Exact', '/foo/', { path: '/foo/' }],
    ['RegularExpression', '/v[0-9]+', { safeRegex: { regex: '/v[0-9]+' } }],
  ] as const)('%s %s', (type, value, expected) => {
    expect(matchJson({ path: { type, value } })).toEqual(expected);
  });

  test('method, headers and query parameters all count', () => {
    const match = matchJson({
      method: 'PUT',
      headers: [
        { type: 'Exact', name: 'x-version', value: '2' },
        { type: 'RegularExpression', name: 'x-user', value: 'a.*' },
      ],
      queryParams: [{ type: 'Exact', name: 'q', value: '1' }],
    });
    expect(match).toEqual({
      prefix: '/',
      headers: [
        { name: ':method', stringMatch: { exact: 'PUT' } },
        { name: 'x-version', stringMatch: { exact: '2' } },
        { name: 'x-user', stringMatch: { safeRegex: { regex: 'a.*' } } },
      ],
      queryParameters: [{ name: 'q', stringMatch: { exact: '1' } }],
    });
  });
});

describe('backends', () => {
  const answer = { directResponse: { status: 500 } };

  test('a single one needs no weights', () => {
    expect(json({})).toMatchObject({ route: { cluster: 'service/default/shop/80' } });
    expect(json({ backends: [share('a', 5), share('b', 0)] })).toMatchObject({ route: { cluster: 'a' } });
  });

  test('several share by weight', () => {
    expect(json({ backends: [share('a', 9), share('b', 1)] })).toMatchObject({
      route: {
        weightedClusters: {
          clusters: [
            { name: 'a', weight: 9 },
            { name: 'b', weight: 1 },
          ],
        },
      },
    });
  });

  test('the share of an invalid one answers 500', () => {
    const backends: BackendShare[] = [share('a', 3), { kind: 'Invalid', weight: 1 }, { kind: 'Invalid', weight: 2 }];
    expect(json({ backends })).toMatchObject({
      route: {
        weightedClusters: {
          clusters: [
            { name: 'a', weight: 3 },
            { name: 'invalid-backend-cluster', weight: 3 },
          ],
        },
        clusterNotFoundResponseCode: 'INTERNAL_SERVER_ERROR',
      },
    });
  });

  test('an invalid one without weight counts for nothing', () => {
    expect(json({ backends: [share('a', 1), { kind: 'Invalid', weight: 0 }] })).toMatchObject({ route: { cluster: 'a' } });
  });

  test.each<[string, BackendShare[]]>([
    ['no backend', []],
    ['only invalid ones', [{ kind: 'Invalid', weight: 1 }]],
    ['all weights 0', [share('a', 0), share('b', 0)]],
    ['a valid one without weight beside an invalid one', [share('a', 0), { kind: 'Invalid', weight: 1 }]],
  ])('%s answers 500', (_name, backends) => {
    expect(json({ backends })).toMatchObject(answer);
  });

  test('a backend with filters keeps them to itself', () => {
    const ir = { set: [{ name: 'x-to', value: 'a' }], add: [], remove: ['x-old'] };
    const route = json({
      backends: [{ ...share('a', 1), kind: 'Cluster', cluster: 'a', features: [{ feature: 'HTTPRoute/requestHeaderModifier', ir }] }],
    });
    expect(route).toMatchObject({
      route: {
        weightedClusters: {
          clusters: [{ name: 'a', requestHeadersToAdd: [{ header: { key: 'x-to', value: 'a' } }], requestHeadersToRemove: ['x-old'] }],
        },
      },
    });
    expect(route).not.toHaveProperty('requestHeadersToAdd');
  });
});

describe('timeouts', () => {
  test.each([
    [{}, {}],
    [{ requestMs: 500 }, { timeout: '0.500s', idleTimeout: '3600s' }],
    [{ requestMs: 7_200_000 }, { timeout: '7200s', idleTimeout: '7200s' }],
    [{ requestMs: 0 }, { timeout: '0s', idleTimeout: '0s' }],
    [
      { requestMs: 3000, backendRequestMs: 1000 },
      { timeout: '1s', idleTimeout: '3600s' },
    ],
    [
      { requestMs: 0, backendRequestMs: 1000 },
      { timeout: '1s', idleTimeout: '3600s' },
    ],
    [
      { requestMs: 3000, backendRequestMs: 0 },
      { timeout: '3s', idleTimeout: '3600s' },
    ],
  ])('%j', (timeouts, expected) => {
    expect(json({ timeouts })).toHaveProperty('route', { cluster: 'service/default/shop/80', ...expected });
  });
});

describe('clusters that a route needs', () => {
  const mirror = { feature: 'HTTPRoute/requestMirror', ir: { cluster: 'm' } };
  const redirect = { feature: 'HTTPRoute/requestRedirect', ir: { statusCode: 302, scheme: 'https' } };

  test('backends with weight and mirrors, once each', () => {
    const node = nodeOf({
      backends: [share('b', 1), share('a', 1), share('z', 0), { kind: 'Invalid', weight: 1 }],
      features: [mirror, mirror],
    });
    expect(clustersOf(buildRoute(node))).toEqual(['a', 'b', 'm']);
  });

  test('none where the route answers itself', () => {
    expect(clustersOf(buildRoute(nodeOf({ features: [redirect, mirror] })))).toEqual([]);
    expect(clustersOf(buildRoute(nodeOf({ backends: [], features: [mirror] })))).toEqual([]);
  });
});

test('the safe answer has the match and nothing of the features', () => {
  const node = nodeOf({ match: { ...ANY, method: 'GET' }, features: [{ feature: 'HTTPRoute/nothing', ir: {} }] });
  expect(toJson(RouteSchema, safeRoute(node))).toMatchObject({
    name: node.name,
    match: { prefix: '/', headers: [{ name: ':method' }] },
    directResponse: { status: 500 },
  });
});

test('a feature that nobody registered is a bug', () => {
  expect(() => buildRoute(nodeOf({ features: [{ feature: 'HTTPRoute/nothing', ir: {} }] }))).toThrow('HTTPRoute/nothing');
});

describe('preflights', () => {
  const cors = {
    feature: 'HTTPRoute/cors',
    ir: { allowOrigins: ['*'], allowMethods: ['GET'], allowHeaders: [], exposeHeaders: [], allowCredentials: false, maxAgeSeconds: 5 },
  };
  const namesOf = (part: Partial<RouteNode>) => buildRoutes(nodeOf(part)).map((route) => route.name);

  test('a match with a method gets a route for them beside its own', () => {
    const [route, preflight] = buildRoutes(nodeOf({ match: { ...ANY, method: 'GET' }, features: [cors] }));
    expect(preflight?.name).toBe(`${route?.name}/cors-preflight`);
    expect(preflight?.typedPerFilterConfig).toEqual(route?.typedPerFilterConfig);
    expect(preflight?.match && toJson(RouteMatchSchema, preflight.match)).toEqual({
      prefix: '/',
      headers: [
        { name: ':method', stringMatch: { exact: 'OPTIONS' } },
        { name: 'origin', presentMatch: true },
        { name: 'access-control-request-method', stringMatch: { exact: 'GET' } },
      ],
    });
  });

  test('any other route needs none', () => {
    expect(namesOf({ features: [cors] })).toHaveLength(1);
    expect(namesOf({ match: { ...ANY, method: 'OPTIONS' }, features: [cors] })).toHaveLength(1);
    expect(namesOf({ match: { ...ANY, method: 'GET' } })).toHaveLength(1);
  });
});

test('metadata names the object, its rule and its annotations, in sorted order', () => {
  const origin = { kind: 'HTTPRoute', namespace: 'default', name: 'shop', sectionName: 'r1', annotations: { team: 'b', area: 'a' } };
  const fields = buildRoute(nodeOf({ origin })).metadata?.filterMetadata['envoy-gateway'];
  expect(JSON.stringify(fields)).toBe(
    '{"resources":[{"annotations":{"area":"a","team":"b"},"kind":"HTTPRoute","name":"shop","namespace":"default","sectionName":"r1"}]}',
  );
});
