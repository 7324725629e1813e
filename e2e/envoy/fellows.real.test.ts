import { type JsonObject, toJson } from '@bufbuild/protobuf';
import { LOCAL_CLUSTER, localCluster } from '../../translators/envoy/local-cluster.ts';
import { ENVOY_TYPES } from '../../translators/envoy/type-registry.ts';
import { fellowsOf } from '../../translators/gateway-api/proxy/fellows.ts';
import { ClusterSchema } from '../../xds/proto/gen/envoy/config/cluster/v3/cluster_pb.ts';
import { FLEET, type Fleet, gatewayYaml, startFleet } from '../harness/fleet.ts';
import { until } from '../harness/until.ts';

/** A proxy that knows the others of its fleet, as it has to for routing by zone. */

const NAMESPACE = 'envoy-gateway-system';
const NAME = 'envoy-default-gw-3d45476e';

const service = (...ports: readonly number[]): string => `---
apiVersion: v1
kind: Service
metadata: { name: ${NAME}, namespace: ${NAMESPACE} }
spec: { ports: [${ports.map((port) => `{ name: http-${port}, port: ${port} }`).join(', ')}] }
`;

/** The proxies listen on port + 10000. */
const slice = (port: number, ...proxies: readonly (readonly [address: string, zone: string])[]): string => `---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: proxies, namespace: ${NAMESPACE}, labels: { kubernetes.io/service-name: ${NAME} } }
addressType: IPv4
ports: [{ name: http-${port}, port: ${port + 10_000} }]
endpoints: [${proxies.map(([address, zone]) => `{ addresses: [${address}], zone: ${zone} }`).join(', ')}]
`;

/** What a proxy in a cluster starts with beside the rest. */
function knowing(bootstrap: JsonObject): JsonObject {
  const fellows = toJson(ClusterSchema, localCluster(fellowsOf(FLEET)), { registry: ENVOY_TYPES });
  // Made by that function's caller from a Bootstrap.
  const { clusters = [], ...resources } = (bootstrap['staticResources'] ?? {}) as { readonly clusters?: readonly JsonObject[] };
  return {
    ...bootstrap,
    node: { ...(bootstrap['node'] as JsonObject), locality: { zone: 'a' } }, // likewise
    clusterManager: { localClusterName: LOCAL_CLUSTER },
    staticResources: { ...resources, clusters: [...clusters, fellows as JsonObject] },
  };
}

let fleet: Fleet;

beforeAll(async () => {
  const objects = gatewayYaml('{ name: http, port: 80, protocol: HTTP }');
  fleet = await startFleet({ objects, proxies: { fellows: { namespace: NAMESPACE } }, bootstrap: knowing, ports: [80, 70] });
}, 60_000);
afterAll(() => fleet.stop());

/** `<address>:<port> <zone>` of each proxy that Envoy knows of. */
async function known(): Promise<readonly string[]> {
  const lines = (await fleet.envoy.admin('/clusters')).split('\n').map((line) => line.split('::'));
  return lines
    .filter(([cluster, , field]) => cluster === LOCAL_CLUSTER && field === 'zone')
    .map(([, address, , zone]) => `${address} ${zone}`)
    .sort();
}

const untilKnown = (...expected: readonly string[]): Promise<unknown> =>
  until(`Envoy knows ${expected.join(' and ')}`, async () => {
    const found = await known();
    if (JSON.stringify(found) === JSON.stringify(expected)) return true;
    throw new Error(`it knows ${found.join(', ')}`);
  });

test('a proxy starts while nobody knows of its fellows', async () => {
  expect(await known()).toEqual([]);
});

test('it learns who they are and where, as they come and go', async () => {
  fleet.put(service(80));
  fleet.put(slice(80, ['10.0.0.1', 'a'], ['10.0.0.2', 'b']));
  await untilKnown('10.0.0.1:10080 a', '10.0.0.2:10080 b');
  fleet.put(slice(80, ['10.0.0.2', 'b']));
  await untilKnown('10.0.0.2:10080 b');
});

test('it goes on to know them when the first port of the Gateway is another', async () => {
  fleet.put(service(70));
  fleet.put(slice(70, ['10.0.0.3', 'c']));
  fleet.put(gatewayYaml('{ name: http, port: 70, protocol: HTTP }'));
  await untilKnown('10.0.0.3:10070 c');
});
