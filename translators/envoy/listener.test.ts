import { toJson } from '@bufbuild/protobuf';
import { ListenerSchema } from '../../xds/proto/gen/envoy/config/listener/v3/listener_pb.ts';
import { HTTP_FILTER_SLOTS } from '../features/registry.ts';
import type { FilterChainNode, PortListenerNode } from '../ir/listener-node.ts';
import { encodeListener } from './encode-listener.ts';
import { buildListener } from './listener.ts';
import { ENVOY_TYPES } from './type-registry.ts';

const ORIGIN = { kind: 'Gateway', namespace: 'infra', name: 'gw', sectionName: 'http' };

const PLAIN: PortListenerNode = {
  kind: 'PortListener',
  name: 'infra/gw/http',
  protocol: 'HTTP',
  port: 80,
  bindPort: 10_080,
  bindAddress: '::',
  ipv6Only: false,
  accessLog: true,
  exclusivePort: false,
  chains: [{ kind: 'FilterChain', name: 'infra/gw/http', serverNames: [], routeConfiguration: 'infra/gw/http', origin: ORIGIN }],
  origins: [ORIGIN],
};

const chain = (name: string, serverNames: readonly string[]): FilterChainNode => ({
  kind: 'FilterChain',
  name: `infra/gw/${name}`,
  serverNames,
  routeConfiguration: `infra/gw/${name}`,
  tls: { secrets: [`infra/${name}`] },
  origin: { ...ORIGIN, sectionName: name },
});

const SECURE: PortListenerNode = {
  ...PLAIN,
  name: 'infra/gw/a',
  protocol: 'HTTPS',
  port: 443,
  bindPort: 10_443,
  chains: [chain('a', ['a.example.com']), chain('wild', ['*.example.com'])],
};

const json = (node: PortListenerNode) => toJson(ListenerSchema, buildListener(node, HTTP_FILTER_SLOTS), { registry: ENVOY_TYPES });

test('the base listener of this release; a change drains connections on upgrade and belongs into CHANGELOG.md', () => {
  expect(encodeListener(PLAIN, HTTP_FILTER_SLOTS).version).toBe('Nq0RnP_gNHTVMJTzGjZw5t');
});

test('plain HTTP has one chain, for every client, with the defaults of the contract', () => {
  expect(json(PLAIN)).toMatchObject({
    name: 'infra/gw/http',
    address: { socketAddress: { address: '::', portValue: 10_080, ipv4Compat: true } },
    perConnectionBufferLimitBytes: 32_768,
    maxConnectionsToAcceptPerSocketEvent: 1,
    accessLog: [{ filter: { responseFlagFilter: { flags: ['NR'] } } }],
    metadata: { filterMetadata: { 'envoy-gateway': { resources: [ORIGIN] } } },
    defaultFilterChain: {
      name: 'infra/gw/http',
      filters: [
        {
          typedConfig: {
            statPrefix: 'http-10080',
            rds: { routeConfigName: 'infra/gw/http', configSource: { ads: {}, initialFetchTimeout: '0s', resourceApiVersion: 'V3' } },
            httpFilters: [
              { name: 'envoy.filters.http.composite/listener-0' },
              { name: 'envoy.filters.http.composite/listener-1' },
              { name: 'envoy.filters.http.cors' },
              { name: 'envoy.filters.http.ext_authz' },
              { name: 'envoy.filters.http.stateful_session', disabled: true },
              { name: 'envoy.filters.http.grpc_stats', typedConfig: { statsForAllMethods: false } },
              { name: 'envoy.filters.http.router', typedConfig: { suppressEnvoyHeaders: true } },
            ],
            useRemoteAddress: true,
            normalizePath: true,
            mergeSlashes: true,
            pathWithEscapedSlashesAction: 'UNESCAPE_AND_REDIRECT',
            serverHeaderTransformation: 'PASS_THROUGH',
            commonHttpProtocolOptions: { headersWithUnderscoresAction: 'REJECT_REQUEST' },
            http2ProtocolOptions: { maxConcurrentStreams: 100, initialStreamWindowSize: 65_536, initialConnectionWindowSize: 1_048_576 },
            upgradeConfigs: [{ upgradeType: 'websocket' }],
          },
        },
      ],
    },
  });
  expect(json(PLAIN)).not.toHaveProperty('listenerFilters');
});

test('the access log has the 24 keys of the contract', () => {
  const text = JSON.stringify(json(PLAIN));
  const [format] = text.match(/"jsonFormat":\{[^}]*\}/) ?? [];
  expect(format?.match(/":"%/g)).toHaveLength(24);
});

test('HTTPS chooses the chain by SNI and asks for certificates by name', () => {
  expect(json(SECURE)).toMatchObject({
    listenerFilters: [{ name: 'envoy.filters.listener.tls_inspector' }],
    filterChains: [
      {
        name: 'infra/gw/a',
        filterChainMatch: { serverNames: ['a.example.com'] },
        filters: [{ typedConfig: { statPrefix: 'https-10443', rds: { routeConfigName: 'infra/gw/a' } } }],
        transportSocket: {
          name: 'envoy.transport_sockets.tls',
          typedConfig: {
            commonTlsContext: {
              tlsParams: { tlsMinimumProtocolVersion: 'TLSv1_2', tlsMaximumProtocolVersion: 'TLSv1_3' },
              alpnProtocols: ['h2', 'http/1.1'],
              tlsCertificateSdsSecretConfigs: [{ name: 'infra/a', sdsConfig: { ads: {} } }],
            },
            disableStatelessSessionResumption: true,
            disableStatefulSessionResumption: true,
          },
        },
      },
      { filterChainMatch: { serverNames: ['*.example.com'] } },
    ],
  });
});

test('a chain without names takes every SNI', () => {
  expect(json({ ...SECURE, chains: [chain('a', [])] })).not.toHaveProperty('filterChains[0].filterChainMatch');
});

test('a second chain changes nothing outside the chains, so that Envoy keeps the connections of the first', () => {
  const one = buildListener({ ...SECURE, chains: SECURE.chains.slice(0, 1) }, HTTP_FILTER_SLOTS);
  const two = buildListener({ ...SECURE, origins: [ORIGIN, { ...ORIGIN, sectionName: 'wild' }] }, HTTP_FILTER_SLOTS);
  expect({ ...two, filterChains: [] }).toEqual({ ...one, filterChains: [] });
  expect(two.filterChains[0]).toEqual(one.filterChains[0]);
});
