import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, ask } from '../harness/ask.ts';
import { endpointYaml, serviceYaml } from '../harness/backends.ts';
import { type Fleet, gatewayYaml, startFleet } from '../harness/fleet.ts';
import { freePort } from '../harness/free-port.ts';
import { type RecordedRequest, type RecordingBackend, type Respond, startRecordingBackend } from '../harness/recording-backend.ts';
import { httpRouteYaml } from '../harness/route-yaml.ts';

const HOST = 'retries.example.com';

const rule = (path: string, retry: string | undefined, more = ''): string =>
  `{ matches: [{ path: { value: ${path} } }], ${retry === undefined ? '' : `retry: { ${retry} }, `}${more}backendRefs: [{ name: ${path === '/gone' ? 'half-gone' : 'flaky'}, port: 8080 }] }`;

const ROUTE = httpRouteYaml(
  'one',
  [
    rule('/three', 'codes: [500], attempts: 3'),
    rule('/all', 'codes: [500, 502, 503, 504], attempts: 2'),
    rule('/default', ''),
    rule('/none', undefined),
    rule('/zero', 'codes: [503], attempts: 0'),
    rule('/not-found', 'codes: [404], attempts: 1'),
    rule('/slow', 'codes: [504], attempts: 2', 'timeouts: { request: 10s, backendRequest: 300ms }, '),
    rule('/slow-whole', 'codes: [504], attempts: 20', 'timeouts: { request: 700ms, backendRequest: 300ms }, '),
    rule('/backoff', 'codes: [500], attempts: 3, backoff: 200ms'),
    rule('/most', 'codes: [500], attempts: 4294967295', 'timeouts: { request: 700ms }, '),
    rule('/gone', 'attempts: 2'),
  ],
  HOST,
);

const triesOf = (path: string, requests: readonly RecordedRequest[]): number => requests.filter((request) => request.path === path).length;

/** `?fail=500&times=2`: the first two tries of this very path are answered 500, cut (`cut`) or answered after 2 s (`slow`). */
const flaky: Respond = (response, requests) => {
  const { path = '/' } = requests.at(-1) ?? {};
  const query = new URL(path, 'http://backend').searchParams;
  const fail = query.get('fail');
  if (fail === null || triesOf(path, requests) > Number(query.get('times'))) return response.end('good');
  if (fail === 'cut') return response.destroy();
  if (fail === 'slow') return void sleep(2000, undefined, { ref: false }).then(() => response.end('late'));
  return response.writeHead(Number(fail)).end('bad');
};

let backend: RecordingBackend;
let fleet: Fleet;

beforeAll(async () => {
  backend = await startRecordingBackend(flaky);
  const halfGone =
    serviceYaml('half-gone') + endpointYaml('half-gone', backend.port) + endpointYaml('half-gone', await freePort(), 'half-gone-2');
  fleet = await startFleet({
    objects:
      gatewayYaml('{ name: http, port: 80, protocol: HTTP }') +
      serviceYaml('flaky') +
      endpointYaml('flaky', backend.port) +
      halfGone +
      ROUTE,
  });
}, 60_000);
afterAll(async () => {
  await fleet.stop();
  await backend.stop();
});

let unique = 0;

/** The answer to a request, and how often the backend was asked. */
async function asked(path: string, fail: string, times: number): Promise<Pick<Answer, 'status'> & { readonly tries: number }> {
  unique += 1;
  const full = `${path}?fail=${fail}&times=${times}&unique=${unique}`;
  const { status } = await ask({ port: fleet.port(80), host: HOST, path: full });
  return { status, tries: triesOf(full, backend.requests) };
}

test.each<[string, string, number, number, number]>([
  ['/three', '500', 2, 200, 3],
  ['/three', '500', 3, 200, 4],
  ['/three', '500', 4, 500, 4],
  ['/three', '503', 2, 503, 1],
  ['/all', '500', 1, 200, 2],
  ['/all', '502', 1, 200, 2],
  ['/all', '503', 2, 200, 3],
  ['/all', '504', 3, 504, 3],
  ['/default', '503', 1, 200, 2],
  ['/default', '503', 2, 503, 2],
  ['/default', '500', 1, 500, 1],
  ['/none', '503', 1, 503, 1],
  ['/zero', '503', 1, 503, 1],
  ['/not-found', '404', 1, 200, 2],
])('%s: %s for the first %i tries answers %i after %i tries', async (path, fail, ...[times, status, tries]) => {
  expect(await asked(path, fail, times)).toEqual({ status, tries });
});

test('a connection that breaks off is tried again', async () => {
  expect(await asked('/all', 'cut', 1)).toEqual({ status: 200, tries: 2 });
  for (const path of ['/none', '/zero']) expect(await asked(path, 'cut', 1)).toEqual({ status: 503, tries: 1 });
});

test('of two endpoints one that takes no connections costs no request', async () => {
  for (let i = 0; i < 20; i += 1) expect((await asked('/gone', 'none', 0)).status).toBe(200);
});

test('backendRequest limits each try, request all of them', async () => {
  expect(await asked('/slow', 'slow', 1)).toEqual({ status: 200, tries: 2 });
  expect(await asked('/slow', 'slow', 9)).toEqual({ status: 504, tries: 3 });
  const { status, tries } = await asked('/slow-whole', 'slow', 99);
  expect(status).toBe(504);
  expect(tries).toBeLessThanOrEqual(3);
});

test('as many attempts as Envoy can count end with the request, and do not turn into none', async () => {
  expect(await asked('/most', '500', 3)).toEqual({ status: 200, tries: 4 });
  const { status, tries } = await asked('/most', '500', 1e9);
  expect(status).toBe(504);
  expect(tries).toBeGreaterThan(1);
});

test('the wait before a retry is as long as asked for on average', async () => {
  const waits: number[] = [];
  for (let i = 0; i < 12; i += 1) {
    const begun = performance.now();
    await asked('/backoff', '500', 1);
    waits.push(performance.now() - begun);
  }
  const average = waits.reduce((sum, wait) => sum + wait, 0) / waits.length;
  expect(average).toBeGreaterThan(80);
  expect(average).toBeLessThan(400);
});
