import { ask, echoOf } from '../harness/ask.ts';
import { type Backends, backendsYaml, startBackends } from '../harness/backends.ts';
import { type Fleet, gatewayYaml, startFleet } from '../harness/fleet.ts';

/** As many as the API takes. */
const LISTENERS = 64;
const PARENTS = 32;
const ROUTES = 1000;

/** DNS labels of the maximum length. */
const longest = (begin: string): string => begin.padEnd(63, 'x');
const NAMESPACE = longest('ns-');
const SERVICE = longest('svc-');

const listeners = Array.from({ length: LISTENERS }, (_, i) =>
  i === 0
    ? '{ name: any, port: 80, protocol: HTTP, allowedRoutes: { namespaces: { from: All } } }'
    : `{ name: l-${i}, port: 80, protocol: HTTP, hostname: host-${i}.example.com, allowedRoutes: { namespaces: { from: All } } }`,
);

interface RouteYaml {
  readonly name: string;
  readonly parents?: readonly string[];
  readonly namespace?: string;
  readonly service?: string;
  readonly path?: string;
}

/** The backend learns its name. */
const route = ({ name, parents = ['any'], namespace = 'default', service = 'a', path = `/${name}` }: RouteYaml): string => `---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: ${name}, namespace: ${namespace} }
spec:
  parentRefs: [${parents.map((section) => `{ name: gw, namespace: default, sectionName: ${section} }`).join(', ')}]
  rules:
    - matches: [{ path: { type: Exact, value: ${path} } }]
      filters: [{ type: RequestHeaderModifier, requestHeaderModifier: { set: [{ name: x-route, value: ${name} }] } }]
      backendRefs: [{ name: ${service}, port: 8080 }]
`;

const everyListener = (from: number): readonly string[] => Array.from({ length: PARENTS }, (_, i) => `l-${from + i}`);
const LONG_NAME = `${longest('')}.${longest('')}.${longest('')}.${longest('').slice(0, 61)}`.replaceAll(/(^|\.)x/g, '$1r');
const OBJECTS = [
  gatewayYaml(...listeners),
  route({ name: 'first-half', parents: everyListener(1) }),
  route({ name: 'second-half', parents: everyListener(LISTENERS - PARENTS) }),
  route({ name: LONG_NAME, path: '/long', namespace: NAMESPACE, service: SERVICE }),
  ...Array.from({ length: ROUTES }, (_, i) => route({ name: `r-${i}` })),
];

let backends: Backends;
let fleet: Fleet;

beforeAll(async () => {
  backends = await startBackends('a', 'long');
  const long = backendsYaml(backends, 'long')
    .replaceAll('metadata: { name: long', `metadata: { namespace: ${NAMESPACE}, name: ${SERVICE}`)
    .replaceAll('service-name: long', `service-name: ${SERVICE}`);
  fleet = await startFleet({ objects: [...OBJECTS, backendsYaml(backends, 'a'), long].join('') });
}, 120_000);

afterAll(async () => {
  await fleet.stop();
  await backends.stopAll();
});

async function taker(host: string, path: string): Promise<string | number | undefined> {
  const answer = await ask({ port: fleet.port(80), host, path });
  return answer.status === 200 ? echoOf(answer).headers['X-Route']?.[0] : answer.status;
}

test('64 listeners of a Gateway, and routes with 32 parents each: every listener has its own, and no other', async () => {
  const hosts = Array.from({ length: LISTENERS - 1 }, (_, i) => i + 1);
  for (const i of hosts) {
    expect([i, await taker(`host-${i}.example.com`, '/first-half')]).toEqual([i, i <= PARENTS ? 'first-half' : 404]);
    expect([i, await taker(`host-${i}.example.com`, '/second-half')]).toEqual([i, i >= LISTENERS - PARENTS ? 'second-half' : 404]);
  }
  expect(fleet.controlPlane().status('HTTPRoute', 'default/first-half')).toMatchObject({
    parents: everyListener(1).map((sectionName) => ({
      parentRef: { sectionName },
      conditions: [{ type: 'Accepted', status: 'True' }, {}],
    })),
  });
});

test('1,000 routes of a listener are all served and counted', async () => {
  for (let i = 0; i < ROUTES; i += 37) expect(await taker('www.example.org', `/r-${i}`)).toBe(`r-${i}`);
  expect(await taker('www.example.org', `/r-${ROUTES}`)).toBe(404);
  expect(fleet.controlPlane().status('Gateway', 'default/gw')).toMatchObject({
    listeners: expect.arrayContaining([expect.objectContaining({ name: 'any', attachedRoutes: ROUTES + 1 })]),
  });
});

test('names of the maximum length are served', async () => {
  expect([NAMESPACE.length, SERVICE.length, LONG_NAME.length]).toEqual([63, 63, 253]);
  expect(await taker('www.example.org', '/long')).toBe(LONG_NAME);
});
