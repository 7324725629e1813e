import { ask, echoOf } from '../harness/ask.ts';
import { startBackedFleet } from '../harness/backed-fleet.ts';
import { type Fleet, gatewayYaml } from '../harness/fleet.ts';
import { selfSigned, tlsSecretYaml } from '../harness/self-signed.ts';

const http = (host: string, port = 80): string => `{ name: ${host.split('.')[0]}, port: ${port}, protocol: HTTP, hostname: ${host} }`;
const https = (host: string, secret: string): string =>
  `{ name: ${host.split('.')[0]}, port: 443, protocol: HTTPS, hostname: ${host}, tls: { certificateRefs: [{ name: ${secret} }] } }`;

const set = (name: string, created: string, ...listeners: readonly string[]): string => `---
apiVersion: gateway.networking.k8s.io/v1
kind: ListenerSet
metadata: { name: ${name}, creationTimestamp: "2026-01-${created}T00:00:00Z" }
spec: { parentRef: { name: gw }, listeners: [${listeners.join(', ')}] }
`;

/** The backend learns its name. */
const route = (name: string, ...parents: readonly string[]): string => `---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: ${name} }
spec:
  parentRefs: [${parents.join(', ')}]
  rules:
    - matches: [{ path: { value: /${name} } }]
      filters: [{ type: RequestHeaderModifier, requestHeaderModifier: { set: [{ name: x-route, value: ${name} }] } }]
      backendRefs: [{ name: a, port: 8080 }]
`;

const GATEWAY = gatewayYaml(http('gw.example.com'), https('own.example.com', 'own')).replace(
  '  listeners:\n',
  '  allowedListeners: { namespaces: { from: Same } }\n  listeners:\n',
);
const OLD = set('old', '02', http('a.example.com'), https('secure.example.com', 'secure'), http('other.example.com', 8080));
const YOUNG = set('young', '03', http('b.example.com'), http('a.example.com'));

const OBJECTS = [
  GATEWAY,
  OLD,
  YOUNG,
  tlsSecretYaml('own', selfSigned('own.example.com')),
  tlsSecretYaml('secure', selfSigned('secure.example.com')),
  route('gateway', '{ name: gw }'),
  route('sets', '{ kind: ListenerSet, name: old }', '{ kind: ListenerSet, name: young }'),
  route('everybody', '{ name: gw }', '{ kind: ListenerSet, name: old }', '{ kind: ListenerSet, name: young }'),
  route('section', '{ kind: ListenerSet, name: old, sectionName: secure }'),
  route('mistaken', '{ name: gw, sectionName: a }'),
];

let fleet: Fleet;

beforeAll(async () => {
  fleet = await startBackedFleet(['a'], { objects: OBJECTS.join(''), ports: [80, 443, 8080] });
}, 60_000);
afterAll(() => fleet.stop());

/** Who took the request: a route, or a status. */
async function taker(host: string, path: string, port = 80): Promise<string | number | undefined> {
  const answer = await ask({ port: fleet.port(port), host, path: `/${path}`, ...(port === 443 ? { sni: host } : {}) });
  return answer.status === 200 ? echoOf(answer).headers['X-Route']?.[0] : answer.status;
}

test('routes of the Gateway, of ListenerSets and of both are served where they belong, and nowhere else', async () => {
  const hosts = ['gw.example.com', 'a.example.com', 'b.example.com'];
  const takers = async (path: string) => await Promise.all(hosts.map((host) => taker(host, path)));
  expect(await takers('gateway')).toEqual(['gateway', 404, 404]);
  expect(await takers('sets')).toEqual([404, 'sets', 'sets']);
  expect(await takers('everybody')).toEqual(['everybody', 'everybody', 'everybody']);
  expect(await takers('mistaken')).toEqual([404, 404, 404]);
});

test('a port and a certificate may be those of a ListenerSet alone', async () => {
  expect(await taker('other.example.com', 'sets', 8080)).toBe('sets');
  const { certificate } = await ask({
    port: fleet.port(443),
    host: 'secure.example.com',
    sni: 'secure.example.com',
    path: '/section',
  });
  expect(certificate).toBe('secure.example.com');
  expect(await taker('secure.example.com', 'section', 443)).toBe('section');
  expect(await taker('own.example.com', 'section', 443)).toBe(404);
});

test('where the older set goes, the younger has its host; and back', async () => {
  await fleet.remove('ListenerSet', 'default/old');
  expect(await taker('a.example.com', 'sets')).toBe('sets');
  expect(fleet.controlPlane().status('ListenerSet', 'default/young')).toMatchObject({
    conditions: [{ type: 'Accepted', reason: 'Accepted' }, { type: 'Programmed' }],
  });
  await fleet.apply(OLD);
  expect(fleet.controlPlane().status('ListenerSet', 'default/young')).toMatchObject({
    conditions: [
      { type: 'Accepted', status: 'True', reason: 'ListenersNotValid' },
      { type: 'Programmed', status: 'True' },
    ],
  });
  expect(await taker('a.example.com', 'sets')).toBe('sets');
});

test('where the Gateway takes none any more, their hosts are gone and its own go on', async () => {
  await fleet.apply(GATEWAY.replace('from: Same', 'from: None'));
  expect(await taker('a.example.com', 'sets')).toBe(404);
  expect(await taker('gw.example.com', 'gateway')).toBe('gateway');
  await fleet.apply(GATEWAY);
  expect(await taker('a.example.com', 'sets')).toBe('sets');
});
