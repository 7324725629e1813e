import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, ask, echoOf } from '../harness/ask.ts';
import { type Backends, endpointYaml, serviceYaml, startBackends } from '../harness/backends.ts';
import { type Fleet, gatewayYaml, startFleet } from '../harness/fleet.ts';
import { type RecordingBackend, type Respond, startRecordingBackend } from '../harness/recording-backend.ts';
import { httpRouteYaml } from '../harness/route-yaml.ts';

const HOST = 'policies.example.com';

const rule = (path: string, more = '', service = path): string =>
  `{ matches: [{ path: { value: /${path} } }], ${more}backendRefs: [{ name: ${service}, port: 8080 }] }`;
const RETRIED = 'retry: { codes: [500], attempts: 1, backoff: 1ms }, ';
const OWN_SESSIONS = 'sessionPersistence: { type: Header, header: { name: x-own } }, ';

const ROUTE = httpRouteYaml(
  'one',
  [rule('free', RETRIED), rule('held', RETRIED), rule('half', RETRIED), rule('kept'), rule('kept-own', OWN_SESSIONS, 'kept')],
  HOST,
);

const policyYaml = (service: string, spec: string): string => `---
apiVersion: gateway.networking.x-k8s.io/v1alpha1
kind: XBackendTrafficPolicy
metadata: { name: ${service} }
spec: { targetRefs: [{ group: "", kind: Service, name: ${service} }], ${spec} }
`;
const budgetYaml = (service: string, percent: number): string =>
  policyYaml(service, `retryConstraint: { budget: { percent: ${percent} }, minRetryRate: { count: 1, interval: 1s } }`);

/** Long enough for all retries that there are to be in flight at once, as they begin together. */
const TRY_MS = 400;
const fail = (response: ServerResponse): void => void response.writeHead(500).end('bad');
/** Tries that are answered when as many as are awaited have come. */
const held: ServerResponse[] = [];
let awaited = 0;
const failing: Respond = (response) => {
  if (awaited === 0) return void sleep(TRY_MS, undefined, { ref: false }).then(() => fail(response));
  held.push(response);
  if (held.length < awaited) return;
  awaited = 0;
  for (const each of held.splice(0)) fail(each);
};

let bad: RecordingBackend;
let backends: Backends;
let fleet: Fleet;

beforeAll(async () => {
  bad = await startRecordingBackend(failing);
  backends = await startBackends('one', 'two');
  const services = ['free', 'held', 'half'].map((name) => serviceYaml(name) + endpointYaml(name, bad.port)).join('');
  const kept = serviceYaml('kept') + ['one', 'two'].map((pod) => endpointYaml('kept', backends.port(pod), pod)).join('');
  fleet = await startFleet({
    objects:
      gatewayYaml('{ name: http, port: 80, protocol: HTTP }') +
      services +
      kept +
      ROUTE +
      budgetYaml('held', 0) +
      budgetYaml('half', 50) +
      policyYaml('kept', 'sessionPersistence: { cookie: { name: kept } }'),
  });
}, 60_000);
afterAll(async () => {
  await fleet.stop();
  await Promise.all([bad.stop(), backends.stopAll()]);
});

const get = (path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
  ask({ port: fleet.port(80), host: HOST, path, headers });

const TOGETHER = 8;

/** How many of so many requests at the same time, which all fail, are tried again. */
async function retriesOf(service: string): Promise<number> {
  const before = bad.requests.length;
  awaited = TOGETHER;
  const answers = await Promise.all(Array.from({ length: TOGETHER }, () => get(`/${service}`)));
  // Also what is not tried again has the backend's own answer.
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([500]));
  return bad.requests.length - before - TOGETHER;
}

test('without a policy every request is tried again', async () => {
  expect(await retriesOf('free')).toBe(TOGETHER);
});

test('a budget of nothing leaves the retries that the rate allows', async () => {
  expect(await retriesOf('held')).toBe(1);
  // They are counted while they are in flight: one after the other, each request has its retry.
  const before = bad.requests.length;
  for (let i = 0; i < 3; i += 1) await get('/held');
  expect(bad.requests.length - before).toBe(6);
});

test('a budget is a share of the requests in flight', async () => {
  const retries = await retriesOf('half');
  expect(retries).toBeGreaterThan(1);
  expect(retries).toBeLessThan(TOGETHER);
});

test('a budget holds from the moment that its policy comes, and until it goes', async () => {
  await fleet.apply(budgetYaml('free', 0));
  expect(await retriesOf('free')).toBe(1);
  await fleet.remove('XBackendTrafficPolicy', 'default/free');
  expect(await retriesOf('free')).toBe(TOGETHER);
});

const podsOf = async (path: string, headers: Readonly<Record<string, string>>): Promise<readonly string[]> => {
  const pods = new Set<string>();
  for (let i = 0; i < 20; i += 1) pods.add(echoOf(await get(path, headers)).pod);
  return [...pods].sort();
};

test('sessions of a policy hold for rules without sessions of their own', async () => {
  const first = await get('/kept');
  const [cookie = ''] = first.headers['set-cookie'] ?? [];
  expect(cookie).toMatch(/^kept=.*; Path=\/; /);
  expect(await podsOf('/kept', { cookie: cookie.split(';')[0] ?? '' })).toEqual([echoOf(first).pod]);
  expect(await podsOf('/kept', {})).toEqual(['one', 'two']);
  const own = await get('/kept-own');
  expect(own.headers).not.toHaveProperty('set-cookie');
  expect(await podsOf('/kept-own', { 'x-own': String(own.headers['x-own']) })).toEqual([echoOf(own).pod]);
  expect(fleet.log).toEqual([]);
});
