import { connect } from 'node:net';
import { ask, echoOf } from '../harness/ask.ts';
import { HTTP_GATEWAY, startBackedFleet } from '../harness/backed-fleet.ts';
import type { Fleet } from '../harness/fleet.ts';
import { until } from '../harness/until.ts';

/** The limits of Gateway API: of a path 1024 characters, of a header's value in a match 4096, of a query parameter's 1024. */
const LONG_PATH = `/${'p'.repeat(1023)}`;
const LONG_VALUE = 'v'.repeat(4096);
const LONG_QUERY = 'q'.repeat(1024);

const header = (value: string, type = 'Exact'): string => `headers: [{ type: ${type}, name: x-value, value: '${value}' }]`;
const query = (value: string, type = 'Exact'): string => `queryParams: [{ type: ${type}, name: q, value: '${value}' }]`;
const path = (value: string, type: string): string => `path: { type: ${type}, value: '${value}' }`;

/** Patterns that take engines with backtracking exponential time. */
const EVIL = ['(a+)+', '(a|aa)+', '(.*a){12}', '([a-zA-Z]+)*'];

const route = (name: string, ...matches: readonly string[]): string => `---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: ${name} }
spec:
  parentRefs: [{ name: gw }]
  hostnames: [${name}.example.com]
  rules: [{ matches: [${matches.map((match) => `{ ${match} }`).join(', ')}], backendRefs: [{ name: a, port: 8080 }] }]
`;

const ROUTES = [
  route('long-path', path(LONG_PATH, 'Exact')),
  route('long-prefix', path(LONG_PATH, 'PathPrefix')),
  route('long-header', header(LONG_VALUE)),
  route('long-query', query(LONG_QUERY)),
  route('pattern', header('[a-z]{1,900}', 'RegularExpression')),
  route('evil-header', ...EVIL.map((pattern) => header(pattern, 'RegularExpression'))),
  route('evil-query', ...EVIL.map((pattern) => query(pattern, 'RegularExpression'))),
  route('evil-path', ...EVIL.map((pattern) => path(`/${pattern}`, 'RegularExpression'))),
  route('lines', header('a.*b', 'RegularExpression')),
  route('good', path('/', 'PathPrefix')),
].join('');

let fleet: Fleet;

beforeAll(async () => {
  fleet = await startBackedFleet(['a'], { objects: HTTP_GATEWAY + ROUTES });
}, 60_000);
afterAll(() => fleet.stop());

const statusOf = async (name: string, at: string, headers: Readonly<Record<string, string>> = {}): Promise<number> =>
  (await ask({ port: fleet.port(80), host: `${name}.example.com`, path: at, headers })).status;

test.each<[string, string, Readonly<Record<string, string>>, number]>([
  ['long-path', LONG_PATH, {}, 200],
  ['long-path', `${LONG_PATH}p`, {}, 404],
  ['long-prefix', `${LONG_PATH}/x`, {}, 200],
  ['long-prefix', `${LONG_PATH}p`, {}, 404],
  ['long-header', '/', { 'x-value': LONG_VALUE }, 200],
  ['long-header', '/', { 'x-value': `${LONG_VALUE}v` }, 404],
  ['long-query', `/?q=${LONG_QUERY}`, {}, 200],
  ['long-query', `/?q=${LONG_QUERY}q`, {}, 404],
  ['pattern', '/', { 'x-value': 'a'.repeat(900) }, 200],
  ['pattern', '/', { 'x-value': 'a'.repeat(901) }, 404],
])('the longest values that a match may have: %s', async (name, at, headers, status) => {
  expect(await statusOf(name, at, headers)).toBe(status);
});

test.each<[string, string, Readonly<Record<string, string>>]>([
  ['evil-header', '/', { 'x-value': `${'a'.repeat(30_000)}!` }],
  ['evil-query', `/?q=${'a'.repeat(30_000)}!`, {}],
  ['evil-path', `/${'a'.repeat(30_000)}!`, {}],
])('%s: a value made to keep an engine busy is refused at once', async (name, at, headers) => {
  const begun = performance.now();
  expect(await statusOf(name, at, headers)).toBe(404);
  // A backtracking engine would not come back within the lifetime of the universe.
  expect(performance.now() - begun).toBeLessThan(2000);
  expect(await statusOf('good', '/')).toBe(200);
});

test('headers beyond what Envoy takes are refused with 431, and the next request is served', async () => {
  expect(await statusOf('good', '/', { 'x-value': 'v'.repeat(70_000) })).toBe(431);
  expect(await statusOf('good', '/', { 'x-value': 'v'.repeat(10_000) })).toBe(200);
});

test('a value of many lines, bytes and percent signs is a value', async () => {
  expect(await statusOf('lines', '/', { 'x-value': `a${String.fromCharCode(0xe9, 0xff)}b` })).toBe(200);
  expect(await statusOf('lines', '/', { 'x-value': 'a%0a%00b' })).toBe(200);
  expect(await statusOf('lines', '/', { 'x-value': 'x a b' })).toBe(404);
  const echo = echoOf(await ask({ port: fleet.port(80), host: 'good.example.com', path: '/%41?a=%zz&b=%00', headers: {} }));
  expect(echo.path).toBe('/A?a=%zz&b=%00');
});

/** The first line of the answer to these very bytes. */
async function answerTo(bytes: string): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port: fleet.port(80) });
  let said = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    said += chunk;
  });
  socket.on('error', () => undefined);
  socket.write(bytes, 'latin1');
  const ended = new Promise((resolve) => socket.once('close', resolve));
  const line = await until('an answer', async () => said.split('\r\n')[0] || undefined);
  socket.destroy();
  await ended;
  return line;
}

test.each([
  ['no host', 'GET / HTTP/1.1\r\n\r\n'],
  ['two lengths', 'POST / HTTP/1.1\r\nhost: good.example.com\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'],
  ['a length and chunks', 'POST / HTTP/1.1\r\nhost: good.example.com\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['a zero byte in a header', 'GET / HTTP/1.1\r\nhost: good.example.com\r\nx-value: a\0b\r\n\r\n'],
  ['a header with a space in its name', 'GET / HTTP/1.1\r\nhost: good.example.com\r\nx value: a\r\n\r\n'],
  ['an underscore in a name', 'GET / HTTP/1.1\r\nhost: good.example.com\r\nx_value: a\r\n\r\n'],
])('%s: no request', async (_name, bytes) => {
  expect(await answerTo(bytes)).toMatch(/^HTTP\/1.1 400 /);
});

test('two hosts are no host that anybody serves', async () => {
  expect(await answerTo('GET / HTTP/1.1\r\nhost: good.example.com\r\nhost: lines.example.com\r\n\r\n')).toMatch(/^HTTP\/1.1 40[04] /);
});

test('a pattern that RE2 takes and one that it does not, side by side', async () => {
  await fleet.apply(route('mixed', path('/good', 'PathPrefix')));
  await fleet.apply(route('mixed', path('/(a{1000}){1000}', 'RegularExpression'), path('/good', 'PathPrefix')));
  expect(await statusOf('mixed', '/good')).toBe(500);
  expect(await statusOf('good', '/')).toBe(200);
  expect(fleet.log).toEqual([]);
});
