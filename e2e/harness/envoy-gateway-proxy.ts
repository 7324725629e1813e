import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sdsFiles } from '../../operator/migration/testing/envoy-gateway-proxies.ts';
import { ask } from './ask.ts';
import { type ManagedProcess, startProcess } from './managed-process.ts';
import type { NetworkNamespace } from './network-namespace.ts';

export interface EnvoyGatewayProxy {
  /** A program that runs Envoy in the network. */
  readonly envoy: string;
  readonly network: NetworkNamespace;
  /** For what its pod would have mounted. */
  readonly folder: string;
  /** The name of its pod. */
  readonly pod: string;
  /** `<ns>/<gateway>` */
  readonly fleet: string;
  /** Of the Secret `envoy`, PEM. */
  readonly certificates: Readonly<Record<string, string>>;
  /** A Unix socket instead of the Service's name: there is no DNS here. */
  readonly controlPlane: string;
}

/** A real Envoy that was started as Envoy Gateway starts its proxies (contract C.4, C.7, D.4). */
export interface RunningProxy extends ManagedProcess {
  readonly admin: (path: string) => Promise<string>;
}

const TYPE = 'type.googleapis.com/envoy.extensions';
const ADMIN_PORT = 19_000;
const ads = { ads: {}, resource_api_version: 'V3' };
const source = (path: string) => ({ path_config_source: { path }, resource_api_version: 'V3' });

export async function startEnvoyGatewayProxy(options: EnvoyGatewayProxy): Promise<RunningProxy> {
  const { envoy, network, folder, pod, fleet, certificates } = options;
  const [certs, sds] = [join(folder, 'certs'), join(folder, 'sds')];
  await Promise.all([mkdir(certs), mkdir(sds)]);
  for (const [name, text] of Object.entries(certificates)) await writeFile(join(certs, name), text);
  for (const [name, text] of Object.entries(sdsFiles(certs))) await writeFile(join(sds, name), text);
  const bootstrap = JSON.stringify(bootstrapOf(options.controlPlane, sds));
  const args = [
    ...['--service-cluster', fleet, '--service-node', pod, '--config-yaml', bootstrap, '--log-level', 'warn', '--concurrency', '2'],
    // Two Envoys of one machine would share memory for hot restarts otherwise.
    ...['--drain-strategy', 'immediate', '--drain-time-s', '60', '--use-dynamic-base-id'],
  ];
  const running = await startProcess({ name: 'envoy', command: envoy, args });
  return {
    ...running,
    admin: async (path) => (await ask({ port: ADMIN_PORT, host: 'admin', path, connect: network.connect })).body,
  };
}

function bootstrapOf(controlPlane: string, sds: string): object {
  const http2 = { http2_protocol_options: { connection_keepalive: { interval: '30s', timeout: '5s' } } };
  const common_tls_context = {
    tls_params: { tls_maximum_protocol_version: 'TLSv1_3' },
    tls_certificate_sds_secret_configs: [{ name: 'xds_certificate', sds_config: source(join(sds, 'xds-certificate.json')) }],
    validation_context_sds_secret_config: { name: 'xds_trusted_ca', sds_config: source(join(sds, 'xds-trusted-ca.json')) },
  };
  const xds = {
    name: 'xds_cluster',
    type: 'STATIC',
    connect_timeout: '10s',
    load_assignment: {
      cluster_name: 'xds_cluster',
      endpoints: [{ lb_endpoints: [{ endpoint: { address: { pipe: { path: controlPlane } } } }] }],
    },
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': `${TYPE}.upstreams.http.v3.HttpProtocolOptions`,
        explicit_http_config: http2,
      },
    },
    transport_socket: {
      name: 'envoy.transport_sockets.tls',
      typed_config: { '@type': `${TYPE}.transport_sockets.tls.v3.UpstreamTlsContext`, common_tls_context },
    },
  };
  const zoneAware = {
    '@type': `${TYPE}.load_balancing_policies.least_request.v3.LeastRequest`,
    locality_lb_config: { zone_aware_lb_config: { min_cluster_size: 1 } },
  };
  const local = {
    name: 'local_cluster',
    type: 'EDS',
    connect_timeout: '10s',
    eds_cluster_config: { eds_config: { ...ads, initial_fetch_timeout: '1s' }, service_name: 'local_cluster' },
    load_balancing_policy: {
      policies: [{ typed_extension_config: { name: 'envoy.load_balancing_policies.least_request', typed_config: zoneAware } }],
    },
  };
  const api = { api_type: 'DELTA_GRPC', transport_api_version: 'V3', set_node_on_first_message_only: true };
  return {
    admin: { address: { socket_address: { address: '127.0.0.1', port_value: ADMIN_PORT } } },
    cluster_manager: { local_cluster_name: 'local_cluster' },
    node: { locality: { zone: 'a' } },
    deferred_stat_options: { enable_deferred_creation_stats: true },
    layered_runtime: { layers: [{ name: 'global_config', static_layer: { 'envoy.restart_features.use_eds_cache_for_ads': true } }] },
    dynamic_resources: {
      ads_config: { ...api, grpc_services: [{ envoy_grpc: { cluster_name: 'xds_cluster' } }] },
      lds_config: { ...ads, initial_fetch_timeout: '0s' },
      cds_config: { ...ads, initial_fetch_timeout: '0s' },
    },
    static_resources: { clusters: [local, xds] },
  };
}
