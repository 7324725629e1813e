import { toJson } from '@bufbuild/protobuf';
import { ClusterSchema } from '../../xds/proto/gen/envoy/config/cluster/v3/cluster_pb.ts';
import { ClusterLoadAssignmentSchema } from '../../xds/proto/gen/envoy/config/endpoint/v3/endpoint_pb.ts';
import type { ClusterNode, EndpointNode } from '../ir/cluster-node.ts';
import { buildCluster } from './cluster.ts';
import { buildLoadAssignment } from './load-assignment.ts';
import { ENVOY_TYPES } from './type-registry.ts';

const NODE: ClusterNode = {
  kind: 'Cluster',
  name: 'service/default/shop/80/1a2b',
  loadAssignment: 'service/default/shop/80',
  protocol: 'http1',
  origin: { kind: 'Service', namespace: 'default', name: 'shop' },
};

const json = (node: ClusterNode) => toJson(ClusterSchema, buildCluster(node), { registry: ENVOY_TYPES });

test('a cluster has the defaults of the contract and shares its endpoints', () => {
  expect(json(NODE)).toMatchObject({
    name: NODE.name,
    type: 'EDS',
    edsClusterConfig: {
      serviceName: 'service/default/shop/80',
      edsConfig: { ads: {}, resourceApiVersion: 'V3', initialFetchTimeout: '60s' },
    },
    connectTimeout: '10s',
    perConnectionBufferLimitBytes: 32_768,
    ignoreHealthOnHostRemoval: true,
    circuitBreakers: { thresholds: [{ maxConnections: 1024, maxPendingRequests: 1024, maxRequests: 1024, maxRetries: 1024 }] },
    loadBalancingPolicy: {
      policies: [{ typedExtensionConfig: { typedConfig: { localityLbConfig: { localityWeightedLbConfig: {} } } } }],
    },
    metadata: { filterMetadata: { 'envoy-gateway': { resources: [{ kind: 'Service', name: 'shop' }] } } },
  });
});

test.each([
  ['http1', { httpProtocolOptions: {} }],
  ['http2', { http2ProtocolOptions: { initialStreamWindowSize: 65_536, initialConnectionWindowSize: 1_048_576 } }],
] as const)('%s is said explicitly', (protocol, explicitHttpConfig) => {
  const options = { 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': { '@type': expect.any(String), explicitHttpConfig } };
  expect(json({ ...NODE, protocol })).toHaveProperty('typedExtensionProtocolOptions', options);
});

describe('endpoints', () => {
  const endpoint = (address: string, part: Partial<EndpointNode> = {}): EndpointNode => ({ address, port: 8080, draining: false, ...part });
  const localities = (...endpoints: EndpointNode[]) =>
    buildLoadAssignment({ kind: 'LoadAssignment', name: 'a', endpoints }).endpoints.map(
      ({ locality, priority, loadBalancingWeight, lbEndpoints }) => ({
        zone: locality?.zone,
        priority,
        weight: loadBalancingWeight,
        size: lbEndpoints.length,
        status: lbEndpoints[0]?.healthStatus,
      }),
    );
  const [UNKNOWN, DRAINING] = [0, 3];

  test('a zone weighs as much as it has endpoints', () => {
    expect(localities(endpoint('1', { zone: 'b' }), endpoint('2', { zone: 'a' }), endpoint('3', { zone: 'b' }))).toEqual([
      { zone: 'a', priority: 0, weight: 1, size: 1, status: UNKNOWN },
      { zone: 'b', priority: 0, weight: 2, size: 2, status: UNKNOWN },
    ]);
    expect(localities(endpoint('1'))).toEqual([{ zone: undefined, priority: 0, weight: 1, size: 1, status: UNKNOWN }]);
  });

  test('draining ones come after all others, and first where there are no others', () => {
    expect(localities(endpoint('1', { draining: true }), endpoint('2'))).toEqual([
      { zone: undefined, priority: 0, weight: 1, size: 1, status: UNKNOWN },
      { zone: undefined, priority: 1, weight: 1, size: 1, status: DRAINING },
    ]);
    expect(localities(endpoint('1', { draining: true }))).toEqual([{ zone: undefined, priority: 0, weight: 1, size: 1, status: DRAINING }]);
  });

  test('none is an empty assignment, not a missing one', () => {
    expect(toJson(ClusterLoadAssignmentSchema, buildLoadAssignment({ kind: 'LoadAssignment', name: 'a', endpoints: [] }))).toEqual({
      clusterName: 'a',
    });
  });
});
