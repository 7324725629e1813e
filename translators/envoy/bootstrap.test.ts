import { fromBinary, toJson } from '@bufbuild/protobuf';
import { BootstrapSchema } from '../../xds/proto/gen/envoy/config/bootstrap/v3/bootstrap_pb.ts';
import { type BootstrapOptions, encodeBootstrap } from './bootstrap.ts';
import { ENVOY_TYPES } from './type-registry.ts';
import { sdsConfigMapData, sdsTokenConfigMapData } from './xds-secrets.ts';

const LOCAL: BootstrapOptions = {
  nodeId: 'n1',
  cluster: 'infra/gw',
  xds: { unixSocket: '/run/xds.sock' },
  adminAddress: '/run/admin.sock',
};

const json = (options: BootstrapOptions) =>
  toJson(BootstrapSchema, fromBinary(BootstrapSchema, encodeBootstrap(options)), { registry: ENVOY_TYPES });

test('a host proxy asks for everything on a Unix socket, by one delta stream', () => {
  expect(json(LOCAL)).toMatchObject({
    node: { id: 'n1', cluster: 'infra/gw' },
    admin: { address: { pipe: { path: '/run/admin.sock' } } },
    dynamicResources: {
      adsConfig: {
        apiType: 'DELTA_GRPC',
        transportApiVersion: 'V3',
        setNodeOnFirstMessageOnly: true,
        grpcServices: [{ envoyGrpc: { clusterName: 'xds_cluster' } }],
      },
      ldsConfig: { ads: {}, initialFetchTimeout: '0s' },
      cdsConfig: { ads: {}, initialFetchTimeout: '0s' },
    },
    staticResources: {
      clusters: [
        {
          name: 'xds_cluster',
          loadAssignment: { endpoints: [{ lbEndpoints: [{ endpoint: { address: { pipe: { path: '/run/xds.sock' } } } }] }] },
          typedExtensionProtocolOptions: {
            'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
              explicitHttpConfig: { http2ProtocolOptions: { connectionKeepalive: { interval: '30s', timeout: '5s' } } },
            },
          },
        },
      ],
    },
    layeredRuntime: {
      layers: [{ staticLayer: { 're2.max_program_size.error_level': 4_294_967_295, 're2.max_program_size.warn_level': 1000 } }],
    },
    deferredStatOptions: { enableDeferredCreationStats: true },
    overloadManager: { resourceMonitors: [{ typedConfig: { maxActiveDownstreamConnections: '50000' } }] },
  });
  expect(json(LOCAL)).not.toHaveProperty('staticResources.listeners');
  expect(json(LOCAL)).not.toHaveProperty('overloadManager.actions');
});

test('a remote control plane is found by its name', () => {
  const xds = { host: 'envoy-gateway.envoy-gateway-system.svc', port: 18_000 };
  expect(json({ ...LOCAL, xds, adminAddress: '127.0.0.1:19000', zone: 'z1' })).toMatchObject({
    node: { locality: { zone: 'z1' } },
    admin: { address: { socketAddress: { address: '127.0.0.1', portValue: 19_000 } } },
    staticResources: {
      clusters: [
        {
          type: 'STRICT_DNS',
          loadAssignment: {
            endpoints: [{ lbEndpoints: [{ endpoint: { address: { socketAddress: { address: xds.host, portValue: xds.port } } } }] }],
          },
        },
      ],
    },
  });
});

test('known memory is protected', () => {
  expect(json({ ...LOCAL, maxHeapBytes: 1_000_000_000 })).toMatchObject({
    overloadManager: {
      resourceMonitors: [{}, { typedConfig: { maxHeapSizeBytes: '1000000000' } }],
      actions: [
        { name: 'envoy.overload_actions.shrink_heap', triggers: [{ threshold: { value: 0.95 } }] },
        { name: 'envoy.overload_actions.stop_accepting_requests', triggers: [{ threshold: { value: 0.98 } }] },
      ],
    },
  });
});

test('metrics are one path to the admin interface', () => {
  expect(json({ ...LOCAL, stats: { address: '0.0.0.0', port: 19_001 } })).toMatchObject({
    staticResources: {
      clusters: [
        {},
        {
          name: 'prometheus_stats',
          loadAssignment: { endpoints: [{ lbEndpoints: [{ endpoint: { address: { pipe: { path: '/run/admin.sock' } } } }] }] },
        },
      ],
      listeners: [
        {
          name: 'envoy-gateway-proxy-stats-0.0.0.0-19001',
          filterChains: [
            {
              filters: [
                {
                  typedConfig: {
                    statPrefix: 'eg-stats-http',
                    normalizePath: true,
                    routeConfig: {
                      virtualHosts: [
                        { domains: ['*'], routes: [{ match: { path: '/stats/prometheus' }, route: { cluster: 'prometheus_stats' } }] },
                      ],
                    },
                  },
                },
              ],
            },
          ],
        },
      ],
    },
  });
});

describe('the control plane is spoken to by TLS', () => {
  const xdsCluster = (kind: 'certificate' | 'token') => {
    const tls = { kind, sdsFolder: '/sds' };
    return json({ ...LOCAL, xds: { host: 'envoy-gateway.ns.svc', port: 18_000, tls } });
  };
  const trusted = {
    defaultValidationContext: { matchTypedSubjectAltNames: [{ sanType: 'DNS', matcher: { exact: 'envoy-gateway' } }] },
    validationContextSdsSecretConfig: { name: 'xds_trusted_ca', sdsConfig: { pathConfigSource: { path: '/sds/xds-trusted-ca.json' } } },
  };

  test('with a certificate', () => {
    const certificates = [{ name: 'xds_certificate', sdsConfig: { pathConfigSource: { path: '/sds/xds-certificate.json' } } }];
    const commonTlsContext = { tlsCertificateSdsSecretConfigs: certificates, combinedValidationContext: trusted };
    const json = xdsCluster('certificate');
    expect(json).toMatchObject({ staticResources: { clusters: [{ transportSocket: { typedConfig: { commonTlsContext } } }] } });
    expect(JSON.stringify(json)).not.toContain('token');
  });

  test('with a token in each request', () => {
    const json = xdsCluster('token');
    const credential = {
      name: 'xds_service_account_token',
      sdsConfig: { pathConfigSource: { path: '/sds/xds_service_account_token.json' } },
    };
    const httpFilters = [
      {
        typedConfig: {
          overwrite: true,
          credential: { typedConfig: { credential, header: 'authorization', headerValuePrefix: 'Bearer ' } },
        },
      },
      { name: 'envoy.filters.http.upstream_codec' },
    ];
    const typedExtensionProtocolOptions = { 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': { httpFilters } };
    const transportSocket = { typedConfig: { commonTlsContext: { combinedValidationContext: trusted } } };
    expect(json).toMatchObject({ staticResources: { clusters: [{ transportSocket, typedExtensionProtocolOptions }] } });
    expect(JSON.stringify(json)).not.toContain('tlsCertificate');
  });
});

test('what the files of the secrets hold', () => {
  expect(Object.keys(sdsConfigMapData('/certs'))).toEqual(['xds-certificate.json', 'xds-trusted-ca.json']);
  const data = sdsTokenConfigMapData('/certs', '/token/t');
  expect(Object.keys(data)).toEqual(['xds-trusted-ca.json', 'xds_service_account_token.json']);
  expect(JSON.parse(data['xds_service_account_token.json'] ?? '')).toMatchObject({
    resources: [{ name: 'xds_service_account_token', generic_secret: { secret: { filename: '/token/t' } } }],
  });
});
