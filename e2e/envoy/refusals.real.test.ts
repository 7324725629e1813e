import type { JsonObject } from '@bufbuild/protobuf';
import { ask, echoOf } from '../harness/ask.ts';
import { HTTP_GATEWAY, startBackedFleet } from '../harness/backed-fleet.ts';
import type { Fleet } from '../harness/fleet.ts';
import { during } from '../harness/traffic.ts';
import { until } from '../harness/until.ts';

/**
 * This Envoy takes no pattern whose program is larger than 50 instructions; ours are told not to care about the size. So there are routes that
 * pass every check of ours and that this proxy refuses.
 */
const PICKY: JsonObject = {
  layeredRuntime: { layers: [{ name: 'picky', staticLayer: { 're2.max_program_size.error_level': 50 } }] },
};
const REFUSED = '/closed/[a-z]{60}';
const TAKEN = '/[a-z]+';

let fleet: Fleet;

beforeAll(async () => {
  fleet = await startBackedFleet(['a', 'b', 'c'], {
    objects: HTTP_GATEWAY + route('good', { pod: 'a' }),
    bootstrap: (bootstrap) => ({ ...bootstrap, ...PICKY }),
  });
}, 60_000);
afterAll(() => fleet.stop());

/** `pattern`: of a rule that sends to `c`, beside the one that takes everything. */
function route(name: string, { pod, pattern }: { readonly pod: string; readonly pattern?: string }): string {
  const backendRefs = `backendRefs: [{ name: ${pod}, port: 8080 }]`;
  const path = `{ path: { type: RegularExpression, value: "${pattern}" } }`;
  const extra = pattern === undefined ? '' : `{ matches: [${path}], backendRefs: [{ name: c, port: 8080 }] }, `;
  return `---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: ${name} }
spec:
  parentRefs: [{ name: gw }]
  hostnames: [${name}.example.com]
  rules: [${extra}{ ${backendRefs} }]
`;
}

const answered = (host: string, path = '/') => ask({ port: fleet.port(80), host, path });
const good = () => ({ port: fleet.port(80), targets: [{ host: 'good.example.com' }] });
const answersFrom = (host: string, pod: string, path = '/'): Promise<true> =>
  until(`${host}${path} is answered by ${pod}`, async () => echoOf(await answered(host, path)).pod === pod || undefined);

interface Conditions {
  readonly parents: readonly {
    readonly conditions: readonly { readonly type: string; readonly status: string; readonly message: string }[];
  }[];
}

/** What the status of a route says of its being programmed; '' where it says nothing. */
function complaint(name: string): string {
  const status = fleet.controlPlane().status('HTTPRoute', `default/${name}`) as Conditions | undefined; // it is the status of a route
  return status?.parents.flatMap(({ conditions }) => conditions).find(({ type }) => type === 'Programmed')?.message ?? '';
}

const PATH_60 = `/closed/${'x'.repeat(60)}`;
const statusOf = async (host: string, path: string): Promise<number> => (await answered(host, path)).status;

test('a bad rule among good ones is closed, and nobody else gets its requests; what was put with it is served', async () => {
  const { failures } = await during(good(), async (flow) => {
    fleet.put(route('bad', { pod: 'b', pattern: REFUSED }) + route('fellow', { pod: 'b', pattern: TAKEN }));
    await answersFrom('fellow.example.com', 'c', '/abc');
    expect(await statusOf('bad.example.com', PATH_60)).toBe(500);
    expect(await statusOf('bad.example.com', '/closed/other')).toBe(500);
    await answersFrom('bad.example.com', 'b', '/other');
    await flow.more(20);
  });
  expect(failures).toEqual([]);
  expect(complaint('bad')).toMatch(
    /^Envoy refused a part of the route, which does not serve until it is changed: .*program size.*begins with \/closed\/ get an error/,
  );
  expect(complaint('fellow')).toBe('');
  expect(complaint('good')).toBe('');
}, 60_000);

test('good routes go on changing beside it', async () => {
  const { failures, pods } = await during(good(), async (flow) => {
    for (const pod of ['b', 'a', 'b']) {
      await fleet.apply(route('good', { pod }));
      await answersFrom('good.example.com', pod);
      await flow.more(20);
    }
  });
  expect(failures).toEqual([]);
  expect([...pods.keys()].sort()).toEqual(['a', 'b']);
  expect(await statusOf('bad.example.com', PATH_60)).toBe(500);
}, 60_000);

const crowd = Array.from({ length: 10 }, (_, i) => `crowd-${i}`);
const isBad = (name: string): boolean => ['bad', 'crowd-2', 'crowd-5', 'crowd-6'].includes(name);
const statusSaysWhich = (): Promise<true> =>
  until(
    'the status says which',
    async () => ['good', 'fellow', 'bad', ...crowd].every((name) => (complaint(name) !== '') === isBad(name)) || undefined,
  );

test('three bad ones among ten that come at once are found, and only they', async () => {
  const { failures } = await during(good(), async (flow) => {
    // Each bad one is another content, or they would be one and the same.
    fleet.put(crowd.map((name, i) => route(name, { pod: 'a', pattern: isBad(name) ? `/closed/[a-z]{${60 + i}}` : TAKEN })).join(''));
    for (const name of crowd) {
      if (isBad(name)) await answersFrom(`${name}.example.com`, 'a', '/other');
      else await answersFrom(`${name}.example.com`, 'c', '/abc');
    }
    await statusSaysWhich();
    await flow.more(20);
  });
  expect(failures).toEqual([]);
  expect(await statusOf('crowd-5.example.com', `/closed/${'x'.repeat(65)}`)).toBe(500);
}, 60_000);

test('a control plane that begins anew finds them again, and nobody notices', async () => {
  const { failures } = await during(good(), async (flow) => {
    await fleet.restart(() => flow.more(20));
    await statusSaysWhich();
    await flow.more(20);
  });
  expect(failures).toEqual([]);
  expect(await statusOf('bad.example.com', PATH_60)).toBe(500);
  await answersFrom('fellow.example.com', 'c', '/abc');
}, 60_000);

test('a good route that changes in the same moment as a bad one serves on', async () => {
  await statusSaysWhich();
  const { failures } = await during(good(), async (flow) => {
    await fleet.apply(route('good', { pod: 'a' }));
    await flow.more(20);
    fleet.put(route('good', { pod: 'b' }) + route('worse', { pod: 'b', pattern: '/[a-z]{80}' }));
    await answersFrom('good.example.com', 'b');
    await flow.more(20);
  });
  expect(failures).toEqual([]);
  expect(complaint('good')).toBe('');
}, 60_000);

test('a new route with a pattern that comes with a bad one closes nothing of others while the bad one is looked for', async () => {
  // Its origins are a pattern that is too large for this proxy; what it matches by is none.
  const bad = route('origins', { pod: 'b' }).replace(
    'rules: [',
    `rules: [{ matches: [{ path: { value: /cors } }], filters: [{ type: CORS, cors: { allowOrigins: ["https://*.${'x'.repeat(60)}.example.com"] } }], backendRefs: [{ name: c, port: 8080 }] }, `,
  );
  // The paths of its pattern have no beginning of their own: a stand-in without it would take all requests of the host.
  const beside = route('beside', { pod: 'b', pattern: '/[0-9]+' })
    .replace('beside.example.com', 'good.example.com')
    .replace(', { backendRefs: [{ name: b, port: 8080 }] }]', ']');
  const { failures } = await during(good(), async (flow) => {
    fleet.put(bad + beside);
    await answersFrom('good.example.com', 'c', '/123');
    await until('the status says which', async () => complaint('origins') !== '' || undefined);
    await flow.more(40);
  });
  expect(failures).toEqual([]);
  expect(complaint('beside')).toBe('');
  expect(await statusOf('origins.example.com', '/cors')).toBe(500);
  await answersFrom('origins.example.com', 'b', '/other');
}, 60_000);

test('nor does it matter that a rule put before it takes over its name', async () => {
  const backendRefs = (pod: string) => `backendRefs: [{ name: ${pod}, port: 8080 }]`;
  const rules = (...more: readonly string[]): string => `---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: good }
spec:
  parentRefs: [{ name: gw }]
  hostnames: [good.example.com]
  rules: [${more.join(', ')}]
`;
  const at = (path: string, pod: string): string => `{ matches: [{ path: { type: PathPrefix, value: ${path} } }], ${backendRefs(pod)} }`;
  await fleet.apply(rules(at('/one', 'a'), at('/', 'b')));
  const flow = { port: fleet.port(80), targets: [{ host: 'good.example.com', path: '/one' }, { host: 'good.example.com' }] };
  const { failures, pods } = await during(flow, async (running) => {
    const pattern = `{ matches: [{ path: { type: RegularExpression, value: "/closed/[a-z]{90}" } }], ${backendRefs('c')} }`;
    fleet.put(rules(pattern, at('/one', 'a'), at('/', 'b')));
    await until('the status says it', async () => complaint('good') !== '' || undefined);
    await running.more(40);
  });
  expect(failures).toEqual([]);
  expect([...pods.keys()].sort()).toEqual(['a', 'b']);
  await fleet.apply(route('good', { pod: 'b' }));
}, 60_000);

test('mended, it is served and the complaint goes', async () => {
  await statusSaysWhich();
  const { failures } = await during(good(), async (flow) => {
    await fleet.apply(route('bad', { pod: 'b', pattern: TAKEN }));
    await answersFrom('bad.example.com', 'c', '/abc');
    await until('the complaint goes', async () => complaint('bad') === '' || undefined);
    await flow.more(20);
  });
  expect(failures).toEqual([]);
}, 60_000);
