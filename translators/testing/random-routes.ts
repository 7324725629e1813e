/** Routes for the small worlds of property tests: few names and hosts, so that they meet. */
import fc from 'fast-check';
import type { GRPCRouteRule } from '../../crds/gateway-api/grpc-route.ts';
import type { HTTPRouteFilter } from '../../crds/gateway-api/http-route-filter.ts';
import { MULTICLUSTER } from '../../crds/kubernetes/service-import.ts';
import { backendRef, callRule, grpcRoute, httpRoute, type Rule, rule } from './objects.ts';

const sometimes = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined, freq: 3 });

const BAD_REGEX = '(?!x)';
const backend = fc.tuple(fc.constantFrom('infra/s', 'team/s', 'team/gone'), fc.constantFrom(8080, 9090), fc.constantFrom(0, 1, 5));
const mirror = (name: string): HTTPRouteFilter => ({
  type: 'RequestMirror',
  requestMirror: { backendRef: { group: '', kind: 'Service', name, namespace: 'team', port: 8080 } },
});
const externalAuth = (name: string): HTTPRouteFilter => ({
  type: 'ExternalAuth',
  externalAuth: { protocol: 'GRPC', grpc: {}, backendRef: { group: '', kind: 'Service', name, namespace: 'team', port: 8080 } },
});
/** One port of a ServiceImport, named or not. */
const imported = fc.constantFrom(
  ...['infra', 'team'].map((namespace) => ({ group: MULTICLUSTER, kind: 'ServiceImport', name: 's', namespace, weight: 2 })),
);
const filter = fc.constantFrom<HTTPRouteFilter>(
  { type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'x', value: 'y' }] } },
  { type: 'URLRewrite', urlRewrite: { hostname: 'internal.example.com' } },
  { type: 'ExtensionRef', extensionRef: { group: 'example.com', kind: 'Filter', name: 'f' } },
  mirror('s'),
  mirror('gone'),
  externalAuth('s'),
  externalAuth('gone'),
);
const rules: fc.Arbitrary<Rule> = fc
  .record({
    path: fc.constantFrom('/', '/a', '/b', BAD_REGEX),
    backends: fc.array(backend, { maxLength: 2 }),
    imports: fc.array(fc.tuple(imported, sometimes(fc.constantFrom(8080, 9090))), { maxLength: 1 }),
    filters: fc.uniqueArray(filter, { maxLength: 2, selector: ({ type }) => type }),
    timeouts: sometimes(fc.constantFrom({ request: '30s' }, { request: '0s' })),
    retry: sometimes(fc.constantFrom<NonNullable<Rule['retry']>>({}, { attempts: 2, codes: [500], backoff: '50ms' })),
    sessionPersistence: sometimes(
      fc.constantFrom<NonNullable<Rule['sessionPersistence']>>(
        { type: 'Cookie', sessionName: 's' },
        { type: 'Header' },
        { type: 'Cookie', cookie: { lifetimeType: 'Session', path: '/s' } },
      ),
    ),
  })
  .map(({ path, backends, imports, filters, timeouts, retry, sessionPersistence }) => ({
    ...rule({
      path,
      pathType: path === BAD_REGEX ? 'RegularExpression' : 'PathPrefix',
      ...(timeouts === undefined ? {} : { timeouts }),
    }),
    backendRefs: [...backends.map(backendRef), ...imports.map(([ref, port]) => ({ ...ref, ...(port === undefined ? {} : { port }) }))],
    filters,
    ...(retry === undefined ? {} : { retry }),
    ...(sessionPersistence === undefined ? {} : { sessionPersistence }),
  }));

const HOSTS = ['a.example.com', 'b.example.com', '*.example.com', 'example.org', 'A.example.com'];
const PARENTS = ['infra/gw', 'infra/gw/wild', 'infra/gw/secure', 'team/gw', 'team/gw/exact', 'infra/gone', 'infra/gw/gone'];
const ROUTES = ['infra/r', 'team/r', 'team/q', 'other/r'];
const placing = {
  key: fc.constantFrom(...ROUTES),
  hostnames: sometimes(fc.uniqueArray(fc.constantFrom(...HOSTS), { minLength: 1, maxLength: 2 })),
  parents: fc.uniqueArray(fc.constantFrom(...PARENTS), { minLength: 1, maxLength: 2 }),
  created: fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z', '2026-01-03T00:00:00Z'),
};
/** HTTPRoutes of few names and hosts. */
export const routes = fc
  .record({ ...placing, rules: fc.array(rules, { minLength: 1, maxLength: 3 }) })
  .map(({ key, hostnames, ...rest }) => httpRoute(key, { ...rest, ...(hostnames === undefined ? {} : { hostnames }) }));

const callRules: fc.Arbitrary<GRPCRouteRule> = fc
  .record({
    match: fc.constantFrom({}, { service: 'shop.Cart' }, { service: 'shop.Cart', method: 'Add' }, { method: 'Add' }),
    backends: fc.array(backend, { maxLength: 2 }),
    pattern: sometimes(fc.constantFrom('.*', BAD_REGEX)),
  })
  .map(({ match, backends, pattern }) => ({
    ...callRule({ ...match, backends }),
    ...(pattern === undefined ? {} : { matches: [{ method: { type: 'RegularExpression' as const, service: pattern } }] }),
  }));
/** GRPCRoutes of the same names and hosts. */
export const grpcRoutes = fc
  .record({ ...placing, rules: fc.array(callRules, { maxLength: 2 }) })
  .map(({ key, hostnames, ...rest }) => grpcRoute(key, { ...rest, ...(hostnames === undefined ? {} : { hostnames }) }));
