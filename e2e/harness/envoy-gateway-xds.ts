import { type DescMessage, fromJson, type JsonValue, toBinary } from '@bufbuild/protobuf';
import { ServerCredentials } from '@grpc/grpc-js';
import { ENVOY_TYPES } from '../../translators/envoy/type-registry.ts';
import { ClusterSchema } from '../../xds/proto/gen/envoy/config/cluster/v3/cluster_pb.ts';
import { ClusterLoadAssignmentSchema } from '../../xds/proto/gen/envoy/config/endpoint/v3/endpoint_pb.ts';
import { ListenerSchema } from '../../xds/proto/gen/envoy/config/listener/v3/listener_pb.ts';
import { RouteConfigurationSchema } from '../../xds/proto/gen/envoy/config/route/v3/route_pb.ts';
import type { Resource, ResourceType } from '../../xds/resource.ts';
import { ResourceCache } from '../../xds/resource-cache.ts';
import { AdsServer } from '../../xds/server.ts';
import { sample, set } from '../../xds/testing/sample-resources.ts';

/** What proxies of Envoy Gateway were told, by its names (contract D.3, D.5): one Gateway with one listener, one route to one endpoint. */
export interface EnvoyGatewayXds {
  /** `<ns>/<gateway>` */
  readonly fleet: string;
  readonly listener: string;
  /** Where the proxy binds it. */
  readonly port: number;
  /** `<ns>/<name>` of the HTTPRoute. */
  readonly route: string;
  readonly host: string;
  readonly endpoint: { readonly address: string; readonly port: number };
  /** PEM, of the Secret `envoy-gateway`. */
  readonly certificates: Readonly<Record<'ca.crt' | 'tls.crt' | 'tls.key', string>>;
}

const TYPE = 'type.googleapis.com/envoy.extensions';
const router = {
  name: 'envoy.filters.http.router',
  typed_config: { '@type': `${TYPE}.filters.http.router.v3.Router`, suppress_envoy_headers: true },
};
const ads = { ads: {}, resource_api_version: 'V3' };
const at = (address: string, port: number) => ({ socket_address: { address, port_value: port } });

function listener(name: string, port: number, manager: object, filters: readonly object[]): JsonValue {
  const typed_config = {
    '@type': `${TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    use_remote_address: true,
    normalize_path: true,
    http_filters: [...filters, router],
    ...manager,
  };
  const chain = { name, filters: [{ name: 'envoy.filters.network.http_connection_manager', typed_config }] };
  // Plain data.
  return {
    name,
    address: at('0.0.0.0', port),
    default_filter_chain: chain,
    max_connections_to_accept_per_socket_event: 1,
  } as unknown as JsonValue;
}

const healthCheck = {
  name: 'envoy.filters.http.health_check',
  typed_config: {
    '@type': `${TYPE}.filters.http.health_check.v3.HealthCheck`,
    pass_through_mode: false,
    headers: [{ name: ':path', string_match: { exact: '/ready' } }],
  },
};

/** Proxies' own port for the kubelet. */
const readyListener = (): JsonValue =>
  listener('envoy-gateway-proxy-ready-0.0.0.0-19003', 19_003, { stat_prefix: 'eg-ready-http', route_config: { name: 'ready_route' } }, [
    healthCheck,
  ]);

function resources({ fleet, listener: name, port, route, host, endpoint }: EnvoyGatewayXds): readonly Resource[] {
  const [whole, cluster] = [`${fleet}/${name}`, `httproute/${route}/rule/0`];
  const domain = host.replaceAll('.', '_');
  const rds = { rds: { config_source: ads, route_config_name: whole }, stat_prefix: `http-${port}` };
  const routes = [{ name: `${cluster}/match/0/${domain}`, match: { prefix: '/' }, route: { cluster } }];
  return [
    encoded('cluster', cluster, [
      ClusterSchema,
      { name: cluster, type: 'EDS', connect_timeout: '10s', eds_cluster_config: { eds_config: ads, service_name: cluster } },
    ]),
    encoded('loadAssignment', cluster, [
      ClusterLoadAssignmentSchema,
      {
        cluster_name: cluster,
        endpoints: [{ lb_endpoints: [{ endpoint: { address: at(endpoint.address, endpoint.port) } }], load_balancing_weight: 1 }],
      },
    ]),
    encoded('routeConfiguration', whole, [
      RouteConfigurationSchema,
      { name: whole, ignore_port_in_host_matching: true, virtual_hosts: [{ name: `${whole}/${domain}`, domains: [host], routes }] },
    ]),
    encoded('listener', whole, [ListenerSchema, listener(whole, port, rds, [])]),
    encoded('listener', 'envoy-gateway-proxy-ready-0.0.0.0-19003', [ListenerSchema, readyListener()]),
  ];
}

function encoded<Desc extends DescMessage>(type: ResourceType, name: string, [schema, json]: readonly [Desc, JsonValue]): Resource {
  const bytes = toBinary(schema, fromJson(schema, json, { registry: ENVOY_TYPES }));
  return sample(type, name, { version: `old-${name}`, bytes });
}

/** A control plane that serves it by mutual TLS until it is stopped. */
export async function serveEnvoyGatewayXds(
  options: EnvoyGatewayXds,
): Promise<{ readonly port: number; readonly stop: () => Promise<void> }> {
  const cache = new ResourceCache();
  cache.update(options.fleet, set(...resources(options)));
  const server = new AdsServer({ cache });
  const { 'ca.crt': ca, 'tls.crt': certificate, 'tls.key': key } = options.certificates;
  const pair = { cert_chain: Buffer.from(certificate), private_key: Buffer.from(key) };
  const port = await server.listen({ address: '127.0.0.1:0', credentials: ServerCredentials.createSsl(Buffer.from(ca), [pair], true) });
  return { port, stop: () => server.close(200) };
}
