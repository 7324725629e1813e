import { ask, echoOf } from '../harness/ask.ts';
import { startBackedFleet } from '../harness/backed-fleet.ts';
import { type Fleet, gatewayYaml } from '../harness/fleet.ts';

const PORTS = [80, 8080, 8090] as const;
type Port = (typeof PORTS)[number];

const listener = (name: string, port: Port, host: string): string => `{ name: ${name}, port: ${port}, protocol: HTTP, hostname: ${host} }`;

/** A route of named rules; the backend learns the name of the route and, from the metadata of the Envoy route, that of the rule. */
const route = (name: string, ...parents: readonly string[]): string => `---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: ${name} }
spec:
  parentRefs: [${parents.map((parent) => `{ name: gw, ${parent} }`).join(', ')}]
  rules:
    - name: named-rule
      matches: [{ path: { value: /named } }]
      filters: [{ type: RequestHeaderModifier, requestHeaderModifier: { set: [{ name: x-route, value: ${name}/named } ] } }]
      backendRefs: [{ name: a, port: 8080 }]
    - matches: [{ path: { value: / } }]
      filters: [{ type: RequestHeaderModifier, requestHeaderModifier: { set: [{ name: x-route, value: ${name} } ] } }]
      backendRefs: [{ name: a, port: 8080 }]
`;

let fleet: Fleet;

beforeAll(async () => {
  const objects = [
    gatewayYaml(
      listener('one', 80, 'foo.com'),
      listener('two', 8080, 'foo.com'),
      listener('three', 8080, 'bar.com'),
      listener('four', 8090, 'foo.com'),
      listener('five', 8090, 'bar.com'),
    ),
    route('by-80', 'port: 80'),
    route('by-8080', 'port: 8080'),
    route('by-both', 'port: 8090, sectionName: four'),
    route('by-neither', 'port: 81, sectionName: one', 'port: 80, sectionName: five'),
  ];
  fleet = await startBackedFleet(['a'], { objects: objects.join(''), ports: PORTS });
}, 60_000);
afterAll(() => fleet.stop());

async function routeOf(port: Port, host: string, path: string): Promise<string | number> {
  const answer = await ask({ port: fleet.port(port), host, path });
  return answer.status === 200 ? (echoOf(answer).headers['X-Route']?.join() ?? '') : answer.status;
}

test.each<[Port, string, string | number]>([
  [80, 'foo.com', 'by-80'],
  [8080, 'foo.com:8080', 'by-8080'],
  [8080, 'bar.com:8080', 'by-8080'],
  [8090, 'foo.com:8090', 'by-both'],
  [8090, 'bar.com:8090', 404],
  [80, 'bar.com', 404],
])('port %i, %s: the route that asks for the port of the listener: %s', async (port, host, expected) => {
  expect(await routeOf(port, host, '/')).toBe(expected);
});

test('rules may have names', async () => {
  expect(await routeOf(80, 'foo.com', '/named')).toBe('by-80/named');
  const dump = await fleet.envoy.admin('/config_dump?resource=dynamic_route_configs');
  expect(dump).toMatch(/"sectionName": "named-rule"/);
});
