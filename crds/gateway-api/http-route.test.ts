import { admitted, complaints, route, routeWith } from '../testing/admission-of.ts';

test('an empty HTTPRoute takes every request', () => {
  expect(admitted(route({ parentRefs: [{ name: 'eg' }] }))).toEqual({
    parentRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'eg' }],
    rules: [{ matches: [{ path: { type: 'PathPrefix', value: '/' } }] }],
  });
});

test('defaults reach every depth', () => {
  const rule = {
    matches: [{ headers: [{ name: 'a', value: 'b' }], queryParams: [{ name: 'a', value: 'b' }] }],
    filters: [
      { type: 'RequestMirror', requestMirror: { backendRef: { name: 'm', port: 1 }, fraction: { numerator: 1 } } },
      { type: 'CORS', cors: {} },
    ],
    backendRefs: [{ name: 's', port: 80 }],
    sessionPersistence: { cookieConfig: {} },
  };
  expect(admitted(routeWith(rule))).toEqual({
    rules: [
      {
        matches: [
          {
            path: { type: 'PathPrefix', value: '/' },
            headers: [{ type: 'Exact', name: 'a', value: 'b' }],
            queryParams: [{ type: 'Exact', name: 'a', value: 'b' }],
          },
        ],
        filters: [
          {
            type: 'RequestMirror',
            requestMirror: { backendRef: { group: '', kind: 'Service', name: 'm', port: 1 }, fraction: { numerator: 1, denominator: 100 } },
          },
          { type: 'CORS', cors: { maxAge: 5 } },
        ],
        backendRefs: [{ group: '', kind: 'Service', name: 's', port: 80, weight: 1 }],
        sessionPersistence: { type: 'Cookie', cookieConfig: { lifetimeType: 'Session' } },
      },
    ],
  });
  expect(admitted(routeWith({ filters: [{ type: 'RequestRedirect', requestRedirect: {} }] }))).toMatchObject({
    rules: [{ filters: [{ requestRedirect: { statusCode: 302 } }] }],
  });
});

const redirect = { type: 'RequestRedirect', requestRedirect: {} };
const rewrite = { type: 'URLRewrite', urlRewrite: {} };
const service = { name: 's', port: 80 };

test.each<[string, object, string]>([
  [
    'redirect beside rewrite',
    { filters: [redirect, rewrite] },
    'spec.rules[0].filters: May specify either httpRouteFilterRequestRedirect or httpRouteFilterRequestRewrite, but not both',
  ],
  [
    'redirect with backends',
    { filters: [redirect], backendRefs: [service] },
    'spec.rules[0]: RequestRedirect filter must not be used together with backendRefs',
  ],
  ['a filter twice', { filters: [rewrite, rewrite] }, 'spec.rules[0].filters: URLRewrite filter cannot be repeated'],
  [
    'a filter without its field',
    { filters: [{ type: 'CORS' }] },
    'spec.rules[0].filters[0]: filter.cors must be specified for CORS filter.type',
  ],
  [
    'a replaced prefix without a prefix',
    {
      matches: [{ path: { type: 'Exact', value: '/a' } }],
      filters: [{ type: 'URLRewrite', urlRewrite: { path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/b' } } }],
    },
    'spec.rules[0]: When using URLRewrite filter with path.replacePrefixMatch, exactly one PathPrefix match must be specified',
  ],
  ['a Service without port', { backendRefs: [{ name: 's' }] }, 'spec.rules[0].backendRefs[0]: Must have port for Service reference'],
  [
    'a relative path',
    { matches: [{ path: { value: 'a' } }] },
    "spec.rules[0].matches[0].path: value must be an absolute path and start with '/' when type one of ['Exact', 'PathPrefix']",
  ],
  [
    'a path that climbs',
    { matches: [{ path: { value: '/a/../b' } }] },
    "spec.rules[0].matches[0].path: must not contain '/../' when type one of ['Exact', 'PathPrefix']",
  ],
  [
    'a backend timeout beyond the whole',
    { timeouts: { request: '1s', backendRequest: '1001ms' } },
    'spec.rules[0].timeouts: backendRequest timeout cannot be longer than request timeout',
  ],
  [
    'any origin beside one',
    { filters: [{ type: 'CORS', cors: { allowOrigins: ['*', 'https://a.example.com'] } }] },
    "spec.rules[0].filters[0].cors.allowOrigins: AllowOrigins cannot contain '*' alongside other origins",
  ],
  [
    'a header twice',
    {
      matches: [
        {
          headers: [
            { name: 'a', value: '1' },
            { name: 'a', value: '2' },
          ],
        },
      ],
    },
    'spec.rules[0].matches[0].headers[1]: repeats spec.rules[0].matches[0].headers[0]: name "a" may be there once',
  ],
  [
    'more than the whole',
    { filters: [{ type: 'RequestMirror', requestMirror: { backendRef: service, fraction: { numerator: 3, denominator: 2 } } }] },
    'spec.rules[0].filters[0].requestMirror.fraction: numerator must be less than or equal to denominator',
  ],
])('refuses %s', (_, rule, complaint) => {
  expect(complaints(routeWith(rule))).toEqual([complaint]);
});

test('two references to one parent must be told apart', () => {
  expect(
    complaints(
      route({
        parentRefs: [
          { name: 'eg', namespace: 'a' },
          { name: 'eg', namespace: 'a' },
        ],
      }),
    ),
  ).toEqual(['spec.parentRefs: sectionName or port must be unique when parentRefs includes 2 or more references to the same parent']);
  expect(
    complaints(
      route({
        parentRefs: [
          { name: 'eg', namespace: 'a' },
          { name: 'eg', namespace: 'b' },
        ],
      }),
    ),
  ).toEqual([]);
});

test('at most 128 matches in all', () => {
  const rules = (count: number) => Array.from({ length: count }, () => ({ matches: Array.from({ length: 43 }, () => ({})) }));
  expect(complaints(routeWith(...rules(2)))).toEqual([]);
  expect(complaints(routeWith(...rules(3)))).toEqual([expect.stringMatching(/^spec\.rules: .*must be less than 128$/)]);
});
