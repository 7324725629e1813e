import { ask, echoOf } from '../harness/ask.ts';
import { HTTP_GATEWAY, startBackedFleet } from '../harness/backed-fleet.ts';
import type { Fleet } from '../harness/fleet.ts';

const rewrite = (edits: string): string => `{ type: URLRewrite, urlRewrite: { ${edits} } }`;
const prefix = (to: string): string => `path: { type: ReplacePrefixMatch, replacePrefixMatch: ${to} }`;
const redirect = (edits: string): string => `{ type: RequestRedirect, requestRedirect: { ${edits} } }`;
const headers = (value: string): string =>
  `{ type: RequestHeaderModifier, requestHeaderModifier: { set: [{ name: x-own, value: ${value} }] } }`;

const ref = (name: string, weight: number, ...filters: readonly string[]): string =>
  `{ name: ${name}, port: 8080, weight: ${weight}, filters: [${filters.join(', ')}] }`;

const rule = (path: string, filters: string, ...refs: readonly string[]): string =>
  `    - { matches: [{ path: { value: ${path} } }], filters: [${filters}], backendRefs: [${refs.join(', ')}] }\n`;

const HOST = 'own.example.com';
const OBJECTS = `---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: one }
spec:
  parentRefs: [{ name: gw }]
  hostnames: [${HOST}]
  rules:
${[
  rule(
    '/paths',
    '',
    ref('a', 2, rewrite(prefix('/of-a')), headers('a')),
    ref('b', 1, rewrite(`hostname: b.example.org, ${prefix('/of-b')}`)),
    ref('nobody', 1),
  ),
  rule(
    '/half',
    rewrite('hostname: rule.example.org, path: { type: ReplaceFullPath, replaceFullPath: /rule }'),
    ref('a', 1, rewrite(prefix('/'))),
    ref('b', 1),
  ),
  rule('/away', '', ref('a', 1), ref('b', 3, redirect('hostname: elsewhere.example.org, statusCode: 301'))),
  rule(
    '/both',
    '{ type: RequestHeaderModifier, requestHeaderModifier: { set: [{ name: x-own, value: rule }, { name: x-rule, value: rule }], add: [{ name: x-all, value: rule }] } }, ' +
      '{ type: ResponseHeaderModifier, responseHeaderModifier: { set: [{ name: x-answer, value: rule }] } }',
    ref(
      'a',
      1,
      '{ type: RequestHeaderModifier, requestHeaderModifier: { set: [{ name: x-own, value: a }], add: [{ name: x-all, value: a }], remove: [x-rule] } }',
      '{ type: ResponseHeaderModifier, responseHeaderModifier: { set: [{ name: x-answer, value: a }] } }',
    ),
  ),
  rule('/never', '', ref('a', 1), ref('b', 0, redirect('hostname: elsewhere.example.org'))),
].join('')}`;

let fleet: Fleet;

beforeAll(async () => {
  fleet = await startBackedFleet(['a', 'b'], {
    objects: HTTP_GATEWAY + OBJECTS,
  });
}, 60_000);
afterAll(() => fleet.stop());

/** What became of a request: pod, host and path as the backend saw them; the place that it was sent to; else the status. */
async function outcomeOf(path: string): Promise<string> {
  const answer = await ask({ port: fleet.port(80), host: HOST, path });
  if (answer.headers.location !== undefined) return `${answer.status} ${answer.headers.location}`;
  if (answer.status !== 200) return String(answer.status);
  const echo = echoOf(answer);
  return `${echo.pod} ${echo.host}${echo.path}${echo.headers['X-Own'] === undefined ? '' : ` ${echo.headers['X-Own'].join()}`}`;
}

/** How many of 400 requests had each outcome. */
async function outcomes(path: string): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (let i = 0; i < 400; i += 1) {
    const outcome = await outcomeOf(path);
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
  return counts;
}

test.each<[string, Readonly<Record<string, readonly [atLeast: number, atMost: number]>>]>([
  ['/paths/x?q=1', { [`a ${HOST}/of-a/x?q=1 a`]: [155, 245], 'b b.example.org/of-b/x?q=1': [60, 140], 500: [60, 140] }],
  ['/half/x', { 'a rule.example.org/x': [150, 250], 'b rule.example.org/rule': [150, 250] }],
  ['/away', { [`a ${HOST}/away`]: [60, 140], '301 http://elsewhere.example.org/away': [260, 340] }],
  ['/never', { [`a ${HOST}/never`]: [400, 400] }],
])('%s: each backend does with its share what its filters say: %j', async (path, expected) => {
  const counts = await outcomes(path);
  expect(Object.keys(counts).sort()).toEqual(Object.keys(expected).sort());
  for (const [outcome, [atLeast, atMost]] of Object.entries(expected)) {
    expect(counts[outcome]).toBeGreaterThanOrEqual(atLeast);
    expect(counts[outcome]).toBeLessThanOrEqual(atMost);
  }
  expect(fleet.log).toEqual([]);
});

test('filters of a backend come after those of its rule', async () => {
  const answer = await ask({ port: fleet.port(80), host: HOST, path: '/both', headers: { 'x-all': 'client' } });
  const { headers } = echoOf(answer);
  expect({ own: headers['X-Own'], all: headers['X-All'], rule: headers['X-Rule'], answer: answer.headers['x-answer'] }).toEqual({
    own: ['a'],
    all: ['client', 'rule', 'a'],
    rule: undefined,
    answer: 'a',
  });
});
