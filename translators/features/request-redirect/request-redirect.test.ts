import { create, toJson } from '@bufbuild/protobuf';
import type { HTTPRequestRedirectFilter } from '../../../crds/gateway-api/http-route-filter.ts';
import { RedirectActionSchema } from '../../../xds/proto/gen/envoy/config/route/v3/route_components_pb.ts';
import { refused } from '../../ir/result.ts';
import type { PathMatch } from '../../ir/route-node.ts';
import type { Lookup, RouteContext } from '../policy-feature.ts';
import { requestRedirect } from './request-redirect.ts';

const PATH: PathMatch = { type: 'PathPrefix', value: '/' };
const LOOKUP: Lookup = {
  field: 'f',
  place: 'rule',
  paths: [PATH],
  backend: () => refused({ type: 'ResolvedRefs', reason: 'BackendNotFound', message: 'None.' }),
};

function redirect(spec: Partial<HTTPRequestRedirectFilter>, listener: RouteContext['listener'], host = 'a.example.com') {
  const ir = requestRedirect.resolve({ statusCode: 301, ...spec }, LOOKUP);
  if (!ir.ok) throw new Error(ir.problem.message);
  const answer = requestRedirect.emits.route?.(ir.value, {
    match: { path: PATH, headers: [], queryParams: [] },
    timeouts: {},
    origin: { kind: 'HTTPRoute', namespace: 'a', name: 'r' },
    listener,
    host,
  }).answer;
  if (answer?.case !== 'redirect') throw new Error('no redirect');
  return toJson(RedirectActionSchema, create(RedirectActionSchema, answer.value));
}

const HTTP = { scheme: 'http', port: 80 } as const;
const HTTP_8080 = { scheme: 'http', port: 8080 } as const;
const HTTPS = { scheme: 'https', port: 443 } as const;
const HOST = { hostRedirect: 'a.example.com' };

describe('the port', () => {
  test.each<[string, Partial<HTTPRequestRedirectFilter>, RouteContext['listener'], object]>([
    ['is left out where it is the default of the listener', {}, HTTP, {}],
    ['is that of the listener', {}, HTTP_8080, { portRedirect: 8080 }],
    ['is left out on HTTPS', {}, HTTPS, {}],
    ['is that of a given scheme, and left out', { scheme: 'https' }, HTTP, { schemeRedirect: 'https', ...HOST }],
    ['does not come from the listener when a scheme is given', { scheme: 'https' }, HTTP_8080, { schemeRedirect: 'https', ...HOST }],
    ['is the default of the scheme of the listener again', { scheme: 'http' }, HTTP_8080, { schemeRedirect: 'http', ...HOST }],
    ['is the given one', { port: 9000 }, HTTP, { portRedirect: 9000 }],
    ['is left out when the given one is the default', { port: 80 }, HTTP_8080, HOST],
    ['is not the default of another scheme', { port: 443 }, HTTP, { portRedirect: 443 }],
    ['is the default of the given scheme', { scheme: 'https', port: 443 }, HTTP, { schemeRedirect: 'https', ...HOST }],
    ['stands beside a host', { hostname: 'b.org' }, HTTP_8080, { hostRedirect: 'b.org', portRedirect: 8080 }],
  ])('%s', (_name, spec, listener, expected) => {
    expect(redirect(spec, listener)).toEqual(expected);
  });
});

test('a wildcard is no host to send anybody to', () => {
  expect(redirect({ scheme: 'https' }, HTTP, '*.example.com')).toEqual({ schemeRedirect: 'https' });
  expect(redirect({ scheme: 'https' }, HTTP, '*')).toEqual({ schemeRedirect: 'https' });
});

test.each([
  [301, undefined],
  [302, 'FOUND'],
  [303, 'SEE_OTHER'],
  [307, 'TEMPORARY_REDIRECT'],
  [308, 'PERMANENT_REDIRECT'],
] as const)('status %i', (statusCode, responseCode) => {
  expect(redirect({ statusCode }, HTTP)).toEqual(responseCode === undefined ? {} : { responseCode });
});

test('the path', () => {
  expect(redirect({ path: { type: 'ReplaceFullPath', replaceFullPath: '/x' } }, HTTP)).toEqual({ pathRedirect: '/x' });
  expect(redirect({ path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/x' } }, HTTP)).toEqual({ prefixRewrite: '/x/' });
});
