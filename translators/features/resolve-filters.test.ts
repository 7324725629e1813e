import type { HTTPRouteFilter } from '../../crds/gateway-api/http-route-filter.ts';
import { ok, refused } from '../ir/result.ts';
import type { FeatureScope } from './policy-feature.ts';
import { FEATURES } from './registry.ts';
import { resolveFilters } from './resolve-filters.ts';

const ABSENT = { type: 'ResolvedRefs', reason: 'BackendNotFound', message: 'Service default/absent does not exist.' } as const;

const scope = (part: Partial<FeatureScope> = {}): FeatureScope => ({
  field: 'spec.rules[0].filters',
  place: 'rule',
  paths: [{ type: 'PathPrefix', value: '/' }],
  backend: ({ name }) =>
    name === 'absent' ? refused(ABSENT) : ok({ cluster: `service/default/${name}/80`, authority: `${name}.default` }),
  ...part,
});

const HEADERS: HTTPRouteFilter = { type: 'RequestHeaderModifier', requestHeaderModifier: { remove: ['x'] } };
const REDIRECT: HTTPRouteFilter = { type: 'RequestRedirect', requestRedirect: { scheme: 'https', statusCode: 302 } };
const REWRITE: HTTPRouteFilter = { type: 'URLRewrite', urlRewrite: { hostname: 'a.example.com' } };
const mirror = (name: string): HTTPRouteFilter => ({
  type: 'RequestMirror',
  requestMirror: { backendRef: { group: '', kind: 'Service', name, port: 80 } },
});
const CORS: HTTPRouteFilter = { type: 'CORS', cors: { maxAge: 5 } };
const EXTENSION: HTTPRouteFilter = { type: 'ExtensionRef', extensionRef: { group: 'example.com', kind: 'Waf', name: 'w' } };

const reasonsOf = (filters: readonly HTTPRouteFilter[], part: Partial<FeatureScope> = {}) => {
  const { refused: fails, problems } = resolveFilters(filters, scope(part));
  return [fails, ...problems.map(({ type, reason }) => `${type}/${reason}`)];
};

test('filters become fragments in their order', () => {
  const { fragments, problems, refused: fails } = resolveFilters([REWRITE, HEADERS, mirror('a'), mirror('b')], scope());
  expect(fragments.map(({ feature }) => feature)).toEqual(
    ['urlRewrite', 'requestHeaderModifier', 'requestMirror', 'requestMirror'].map((field) => `HTTPRoute/${field}`),
  );
  expect([problems, fails]).toEqual([[], false]);
});

test('a refused filter fails the rule; all problems are told', () => {
  const badName: HTTPRouteFilter = { type: 'ResponseHeaderModifier', responseHeaderModifier: { remove: [':x'] } };
  expect(reasonsOf([EXTENSION, HEADERS, badName])).toEqual([true, 'ResolvedRefs/InvalidKind', 'Accepted/UnsupportedValue']);
});

test('a mirror without backend is told and left out', () => {
  const { fragments, problems, refused: fails } = resolveFilters([mirror('absent'), HEADERS], scope());
  expect([fragments.length, problems, fails]).toEqual([1, [ABSENT], false]);
});

test('a redirect and a rewrite exclude each other', () => {
  expect(reasonsOf([REDIRECT, REWRITE])).toEqual([true, 'Accepted/IncompatibleFilters']);
});

test('a filter stands once, a mirror as often as one likes', () => {
  expect(reasonsOf([HEADERS, HEADERS])).toEqual([true, 'Accepted/IncompatibleFilters']);
  expect(reasonsOf([mirror('a'), mirror('b')])).toEqual([false]);
});

test('a filter without the field of its type is refused', () => {
  expect(reasonsOf([{ type: 'URLRewrite' }])).toEqual([true, 'Accepted/UnsupportedValue']);
});

test.each([
  ['a mirror', mirror('a')],
  ['CORS', CORS],
])('%s is refused at a backend', (_name, filter) => {
  const { problems, fragments } = resolveFilters([filter], scope({ place: 'backendRef', field: 'spec.rules[0].backendRefs[1].filters' }));
  expect(fragments).toEqual([]);
  expect(problems).toMatchObject([
    { type: 'ResolvedRefs', reason: 'UnsupportedRefValue', message: expect.stringContaining('spec.rules[0].backendRefs[1].filters[0].') },
  ]);
});

test('headers, rewrites and redirects are possible at a backend', () => {
  expect(reasonsOf([HEADERS, REWRITE], { place: 'backendRef' })).toEqual([false]);
  expect(reasonsOf([REDIRECT], { place: 'backendRef' })).toEqual([false]);
  const path: HTTPRouteFilter = { type: 'URLRewrite', urlRewrite: { path: { type: 'ReplaceFullPath', replaceFullPath: '/' } } };
  expect(reasonsOf([path], { place: 'backendRef' })).toEqual([false]);
});

test('external authorisation needs somebody to ask', () => {
  const auth = (name: string): HTTPRouteFilter => ({
    type: 'ExternalAuth',
    externalAuth: { protocol: 'GRPC', grpc: {}, backendRef: { group: '', kind: 'Service', name, port: 80 } },
  });
  expect(reasonsOf([auth('a')])).toEqual([false]);
  for (const place of ['rule', 'backendRef'] as const) expect(reasonsOf([auth('absent')], { place })[0]).toBe(true);
});

describe('the registry', () => {
  test('has each feature once, with a text for users', () => {
    expect(new Set(FEATURES.map(({ id }) => id)).size).toBe(FEATURES.length);
    expect(FEATURES.filter(({ doc }) => !/^[A-Z].*\.$/.test(doc))).toEqual([]);
  });
});
