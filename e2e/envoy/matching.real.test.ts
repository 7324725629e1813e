import { UNICODE_CLASSES } from '../../translators/envoy/unicode-classes.ts';
import { ask, echoOf } from '../harness/ask.ts';
import { HTTP_GATEWAY, startBackedFleet } from '../harness/backed-fleet.ts';
import type { Fleet } from '../harness/fleet.ts';

/** A rule that tells the backend its name. */
const rule = (name: string, matches: string): string =>
  `{ matches: [${matches}], filters: [{ type: RequestHeaderModifier, requestHeaderModifier: { set: [{ name: x-rule, value: ${name} }] } }], backendRefs: [{ name: a, port: 8080 }] }`;
const path = (type: string, value: string): string => `path: { type: ${type}, value: "${value}" }`;
const headers = (...pairs: readonly string[]): string => `headers: [${pairs.join(', ')}]`;
const query = (...pairs: readonly string[]): string => `queryParams: [${pairs.join(', ')}]`;
const pair = (name: string, value: string, type = 'Exact'): string => `{ type: ${type}, name: ${name}, value: "${value}" }`;

interface RouteYaml {
  readonly name: string;
  readonly host: string;
  readonly created: string;
}

const route = ({ name, host, created }: RouteYaml, ...rules: readonly string[]): string => `---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: ${name}, creationTimestamp: "${created}" }
spec:
  parentRefs: [{ name: gw }]
  hostnames: [${host}.example.com]
  rules: [${rules.join(', ')}]
`;

const own = (host: string, ...rules: readonly string[]): string => route({ name: host, host, created: '2026-01-01T00:00:00Z' }, ...rules);

const ROUTES = [
  own(
    'paths',
    rule('prefix', `{ ${path('PathPrefix', '/prefix')} }`),
    rule('regex', `{ ${path('RegularExpression', '/regex/v[0-9]+/.*')} }`),
    rule('slash', `{ ${path('PathPrefix', '/slash/')} }`),
    rule('longer', `{ ${path('PathPrefix', '/prefix/longer')} }`),
    rule('exact', `{ ${path('Exact', '/exact')} }`),
    rule('inside', `{ ${path('Exact', '/prefix/inside')} }`),
    rule('trailing', `{ ${path('Exact', '/trailing/')} }`),
  ),
  own(
    'headers',
    rule('one', `{ ${headers(pair('X-One', '1'))} }`),
    rule('both', `{ ${headers(pair('x-one', '1'), pair('x-two', '2'))} }`),
    rule('pattern', `{ ${headers(pair('x-version', 'v[0-9]+', 'RegularExpression'))} }`),
  ),
  own(
    'query',
    rule('one', `{ ${query(pair('one', '1'))} }`),
    rule('both', `{ ${query(pair('one', '1'), pair('two', '2'))} }`),
    rule('pattern', `{ ${query(pair('version', 'v[0-9]+', 'RegularExpression'))} }`),
  ),
  own('method', rule('post', '{ method: POST }'), rule('get', '{ method: GET }')),
  own(
    'several',
    rule('either', `{ ${path('Exact', '/one')} }, { ${headers(pair('x-two', '2'))} }`),
    rule('all', `{ ${path('PathPrefix', '/all')}, method: PUT, ${headers(pair('x-a', '1'))}, ${query(pair('b', '2'))} }`),
  ),
  own(
    'precedence',
    rule('anything', `{ ${path('PathPrefix', '/')} }`),
    rule('query', `{ ${query(pair('q', '1'))} }`),
    rule('queries', `{ ${query(pair('q', '1'), pair('r', '1'))} }`),
    rule('header', `{ ${headers(pair('x-h', '1'))} }`),
    rule('method', '{ method: POST }'),
    rule('prefix', `{ ${path('PathPrefix', '/a')} }`),
    rule('pattern', `{ ${path('RegularExpression', '/a/[a-z]+')} }`),
    rule('exact', `{ ${path('Exact', '/a/b')} }`),
    rule('first', `{ ${path('PathPrefix', '/tie')} }`),
    rule('second', `{ ${path('PathPrefix', '/tie')} }`),
  ),
  route({ name: 'age-a', host: 'age', created: '2026-02-02T00:00:00Z' }, rule('young', `{ ${path('PathPrefix', '/')} }`)),
  route({ name: 'age-b', host: 'age', created: '2026-02-01T00:00:00Z' }, rule('old', `{ ${path('PathPrefix', '/')} }`)),
  route({ name: 'name-b', host: 'name', created: '2026-02-01T00:00:00Z' }, rule('b', `{ ${path('PathPrefix', '/')} }`)),
  route({ name: 'name-a', host: 'name', created: '2026-02-01T00:00:00Z' }, rule('a', `{ ${path('PathPrefix', '/')} }`)),
].join('');

let fleet: Fleet;

beforeAll(async () => {
  fleet = await startBackedFleet(['a'], { objects: HTTP_GATEWAY + ROUTES });
}, 60_000);
afterAll(() => fleet.stop());

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The rule that took a request, or the status where none did. */
async function takenBy(host: string, at: string, asked: Asked = {}): Promise<string | number> {
  const answer = await ask({ port: fleet.port(80), host: `${host}.example.com`, path: at, ...asked });
  return answer.status === 200 ? (echoOf(answer).headers['X-Rule']?.join() ?? '') : answer.status;
}

test.each<[string, string | number]>([
  ['/exact', 'exact'],
  ['/exact?a=1', 'exact'],
  ['/exact/', 404],
  ['/exactly', 404],
  ['/Exact', 404],
  ['/trailing/', 'trailing'],
  ['/trailing', 404],
  ['/prefix', 'prefix'],
  ['/prefix/', 'prefix'],
  ['/prefix?a=1', 'prefix'],
  ['/prefix/a/b', 'prefix'],
  ['/prefixed', 404],
  ['/slash', 'slash'],
  ['/slash/', 'slash'],
  ['/slash/a', 'slash'],
  ['/slashed', 404],
  ['/prefix/longer', 'longer'],
  ['/prefix/longer/a', 'longer'],
  ['/prefix/longest', 'prefix'],
  ['/prefix/inside', 'inside'],
  ['/prefix/inside/a', 'prefix'],
  ['/regex/v1/a', 'regex'],
  ['/regex/v1/a?b', 'regex'],
  ['/regex/v1', 404],
  ['/deep/regex/v1/a', 404],
  ['/prefix/../exact', 'exact'],
  ['//exact', 'exact'],
  ['/%65xact', 'exact'],
  ['/', 404],
])('path %s -> %s', async (at, expected) => {
  expect(await takenBy('paths', at)).toBe(expected);
});

test.each<[Readonly<Record<string, string>>, string | number]>([
  [{ 'x-one': '1' }, 'one'],
  [{ 'X-ONE': '1' }, 'one'],
  [{ 'x-one': '12' }, 404],
  [{ 'x-one': '1', 'x-two': '2' }, 'both'],
  [{ 'x-two': '2' }, 404],
  [{ 'x-version': 'v12' }, 'pattern'],
  [{ 'x-version': 'v12-beta' }, 404],
  [{ 'x-version': 'V12' }, 404],
  [{}, 404],
])('headers %j -> %s', async (given, expected) => {
  expect(await takenBy('headers', '/', { headers: given })).toBe(expected);
});

test.each<[string, string | number]>([
  ['one=1', 'one'],
  ['zero=0&one=1', 'one'],
  ['one=12', 404],
  ['One=1', 404],
  ['one=1&two=2', 'both'],
  ['two=2&one=1', 'both'],
  ['two=2', 404],
  ['version=v12', 'pattern'],
  ['version=v12b', 404],
  ['', 404],
])('query %s -> %s', async (given, expected) => {
  expect(await takenBy('query', `/?${given}`)).toBe(expected);
});

test.each<[string, string | number]>([
  ['GET', 'get'],
  ['POST', 'post'],
  ['PUT', 404],
])('method %s -> %s', async (method, expected) => {
  expect(await takenBy('method', '/', { method })).toBe(expected);
});

test.each<[string, string, Asked, string | number]>([
  ['the first of two matches', '/one', {}, 'either'],
  ['the second of two matches', '/', { headers: { 'x-two': '2' } }, 'either'],
  ['none of two matches', '/two', {}, 404],
  ['all conditions of a match', '/all?b=2', { method: 'PUT', headers: { 'x-a': '1' } }, 'all'],
  ['no method', '/all?b=2', { headers: { 'x-a': '1' } }, 404],
  ['no header', '/all?b=2', { method: 'PUT' }, 404],
  ['no query', '/all', { method: 'PUT', headers: { 'x-a': '1' } }, 404],
])('%s', async (_name, at, asked, expected) => {
  expect(await takenBy('several', at, asked)).toBe(expected);
});

const HEADER = { 'x-h': '1' };

test.each<[string, string, Asked, string]>([
  ['an exact path before a pattern and a prefix', '/a/b', { method: 'POST', headers: HEADER }, 'exact'],
  ['a pattern before a prefix', '/a/c', {}, 'pattern'],
  ['a longer prefix before a method', '/a/9', { method: 'POST' }, 'prefix'],
  ['a method before headers', '/x', { method: 'POST', headers: HEADER }, 'method'],
  ['headers before queries', '/x?q=1&r=1', { headers: HEADER }, 'header'],
  ['more queries before fewer', '/x?q=1&r=1', {}, 'queries'],
  ['a query before nothing', '/x?q=1', {}, 'query'],
  ['nothing is left', '/x', {}, 'anything'],
  ['the first of equal rules', '/tie', {}, 'first'],
])('precedence: %s', async (_name, at, asked, expected) => {
  expect(await takenBy('precedence', at, asked)).toBe(expected);
});

test('precedence: the older of two routes, then the one whose name comes first', async () => {
  expect(await takenBy('age', '/')).toBe('old');
  expect(await takenBy('name', '/')).toBe('a');
});

test('Envoy knows every character class that a pattern may name', async () => {
  const names = [...UNICODE_CLASSES];
  // A rule has at most 64 matches, a route 128.
  for (let i = 0; i < names.length; i += 60) {
    const matches = names.slice(i, i + 60).map((name) => `{ ${path('RegularExpression', `/\\\\p{${name}}`)} }`);
    await fleet.apply(own(`classes-${i}`, rule('class', matches.join(', '))));
    expect(await takenBy(`classes-${i}`, '/')).toBe(404);
  }
  expect(await takenBy('classes-0', '/x')).toBe('class');
  expect(fleet.log).toEqual([]);
});
