import { ask, echoOf } from '../harness/ask.ts';
import { type Backends, endpointYaml, serviceYaml, startBackends } from '../harness/backends.ts';
import { type Fleet, gatewayYaml, startFleet } from '../harness/fleet.ts';

const importYaml = (name: string): string => `---
apiVersion: multicluster.x-k8s.io/v1alpha1
kind: ServiceImport
metadata: { name: ${name} }
spec: { type: ClusterSetIP, ports: [{ name: http, port: 80 }] }
`;

/** An endpoint in another cluster of the set. */
const imported = (name: string, port: number, slice: string): string =>
  endpointYaml(name, port, slice).replace('kubernetes.io/service-name', 'multicluster.kubernetes.io/service-name');

const IMPORTED = '{ group: multicluster.x-k8s.io, kind: ServiceImport, name: shop }';

const route = (name: string, refs: string): string => `---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: ${name} }
spec:
  parentRefs: [{ name: gw }]
  hostnames: [${name}.example.com]
  rules: [{ backendRefs: [${refs}] }]
`;

let backends: Backends;
let fleet: Fleet;

beforeAll(async () => {
  backends = await startBackends('here', 'west', 'east');
  fleet = await startFleet({
    objects: [
      gatewayYaml('{ name: http, port: 80, protocol: HTTP }'),
      serviceYaml('shop'),
      endpointYaml('shop', backends.port('here')),
      importYaml('shop'),
      imported('shop', backends.port('west'), 'west'),
      imported('shop', backends.port('east'), 'east'),
      route('near', '{ name: shop, port: 8080 }'),
      route('far', IMPORTED),
      route('both', `{ name: shop, port: 8080 }, ${IMPORTED}`),
    ].join(''),
  });
}, 60_000);
afterAll(async () => {
  await fleet.stop();
  await backends.stopAll();
});

async function podsOf(name: string): Promise<readonly string[]> {
  const pods = new Set<string>();
  for (let i = 0; i < 40; i += 1) pods.add(echoOf(await ask({ port: fleet.port(80), host: `${name}.example.com`, path: '/' })).pod);
  return [...pods].sort();
}

test.each([
  ['near', ['here']],
  ['far', ['east', 'west']],
  ['both', ['east', 'here', 'west']],
])('%s: a Service has the endpoints of this cluster, a ServiceImport those of all that export it', async (name, pods) => {
  expect(await podsOf(name)).toEqual(pods);
});

test('a cluster that exports it no longer gets nothing', async () => {
  await fleet.remove('EndpointSlice', 'default/west');
  expect(await podsOf('far')).toEqual(['east']);
  await fleet.remove('ServiceImport', 'default/shop');
  expect((await ask({ port: fleet.port(80), host: 'far.example.com', path: '/' })).status).toBe(500);
  expect(await podsOf('near')).toEqual(['here']);
});
