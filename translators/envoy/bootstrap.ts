import { create } from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';
import { type Bootstrap, BootstrapSchema } from '../../xds/proto/gen/envoy/config/bootstrap/v3/bootstrap_pb.ts';
import { type Cluster, Cluster_DiscoveryType, ClusterSchema } from '../../xds/proto/gen/envoy/config/cluster/v3/cluster_pb.ts';
import { ApiConfigSource_ApiType, ApiVersion } from '../../xds/proto/gen/envoy/config/core/v3/config_source_pb.ts';
import { HttpProtocolOptionsSchema } from '../../xds/proto/gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.ts';
import { socketAddress, unixAddress } from './address.ts';
import { adsSource, WAIT_FOR_EVER } from './ads-source.ts';
import { durationOf } from './duration.ts';
import { encodeMessage } from './encode.ts';
import { LOCAL_CLUSTER, localCluster } from './local-cluster.ts';
import { overloadManager } from './overload-manager.ts';
import { pack } from './pack.ts';
import { type StatsAddress, statsCluster, statsListener } from './stats-listener.ts';
import { type XdsProof, xdsFilters, xdsTransport } from './xds-transport.ts';

/** Where the control plane is. */
export type XdsAddress = { readonly unixSocket: string } | RemoteXds;

export interface RemoteXds {
  readonly host: string;
  readonly port: number;
  /** TLS, and how the proxy proves itself. */
  readonly tls?: XdsProof;
}

export interface BootstrapOptions {
  /** Unique in the fleet (contract D.4: the name of the pod); absent: the command line says it. */
  readonly nodeId?: string;
  /** The fleet: `<ns>/<gateway>`; absent: the command line says it. */
  readonly cluster?: string;
  readonly xds: XdsAddress;
  /** Path of a Unix socket, or `127.0.0.1:19000`. Never an address that clients reach. */
  readonly adminAddress: string;
  readonly zone?: string;
  /** Memory that the proxy may use, in bytes: near it, it gives memory back and then refuses requests. */
  readonly maxHeapBytes?: number;
  /** Where to serve `/stats/prometheus`; absent: nowhere. */
  readonly stats?: StatsAddress;
  /** Name of the load assignment that has the proxies of the fleet: what routing by zone needs to know. */
  readonly fellows?: string;
}

export const XDS_CLUSTER = 'xds_cluster';

/** What an Envoy starts with; everything else it asks of the control plane (contract C.7, D.4). */
export function buildBootstrap(options: BootstrapOptions): Bootstrap {
  const { nodeId, cluster, zone, stats, fellows } = options;
  const admin = addressOf(options.adminAddress);
  return create(BootstrapSchema, {
    node: {
      ...(nodeId === undefined ? {} : { id: nodeId }),
      ...(cluster === undefined ? {} : { cluster }),
      ...(zone === undefined ? {} : { locality: { zone } }),
    },
    admin: { address: admin },
    ...(fellows === undefined ? {} : { clusterManager: { localClusterName: LOCAL_CLUSTER } }),
    dynamicResources: {
      adsConfig: {
        apiType: ApiConfigSource_ApiType.DELTA_GRPC,
        transportApiVersion: ApiVersion.V3,
        setNodeOnFirstMessageOnly: true,
        grpcServices: [{ targetSpecifier: { case: 'envoyGrpc', value: { clusterName: XDS_CLUSTER } } }],
      },
      ldsConfig: adsSource(WAIT_FOR_EVER),
      cdsConfig: adsSource(WAIT_FOR_EVER),
    },
    staticResources: {
      clusters: [
        xdsCluster(options.xds),
        ...(stats === undefined ? [] : [statsCluster(admin)]),
        ...(fellows === undefined ? [] : [localCluster(fellows)]),
      ],
      listeners: stats === undefined ? [] : [statsListener(stats)],
    },
    layeredRuntime: {
      layers: [{ name: 'global_config', layerSpecifier: { case: 'staticLayer', value: RUNTIME } }],
    },
    // Series of a cluster come into being with its first request: ten thousand idle clusters have none.
    deferredStatOptions: { enableDeferredCreationStats: true },
    overloadManager: overloadManager(options.maxHeapBytes),
  });
}

/** As Envoy reads it from a file that ends in `.pb`. */
export const encodeBootstrap = (options: BootstrapOptions): Uint8Array => encodeMessage(BootstrapSchema, buildBootstrap(options));

/** The control plane has compiled every pattern before (regex.ts), so Envoy's own limit on their size is off (contract D.7). */
const RUNTIME = { 're2.max_program_size.error_level': 4_294_967_295, 're2.max_program_size.warn_level': 1000 };

function xdsCluster(xds: XdsAddress): Cluster {
  const isLocal = 'unixSocket' in xds;
  const proof = isLocal ? undefined : xds.tls;
  const address = isLocal ? unixAddress(xds.unixSocket) : socketAddress(xds.host, xds.port);
  return create(ClusterSchema, {
    name: XDS_CLUSTER,
    clusterDiscoveryType: { case: 'type', value: isLocal ? Cluster_DiscoveryType.STATIC : Cluster_DiscoveryType.STRICT_DNS },
    connectTimeout: durationOf(10_000),
    loadAssignment: {
      clusterName: XDS_CLUSTER,
      endpoints: [{ lbEndpoints: [{ hostIdentifier: { case: 'endpoint', value: { address } } }] }],
    },
    ...(proof && { transportSocket: xdsTransport(proof) }),
    typedExtensionProtocolOptions: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': keptAliveHttp2(proof === undefined ? [] : xdsFilters(proof)),
    },
  });
}

/** A control plane that is gone without a word is noticed after 35 seconds. */
const keptAliveHttp2 = (httpFilters: ReturnType<typeof xdsFilters>): Any =>
  pack(HttpProtocolOptionsSchema, {
    upstreamProtocolOptions: {
      case: 'explicitHttpConfig',
      value: {
        protocolConfig: {
          case: 'http2ProtocolOptions',
          value: { connectionKeepalive: { interval: durationOf(30_000), timeout: durationOf(5000) } },
        },
      },
    },
    httpFilters: [...httpFilters],
  });

function addressOf(address: string) {
  if (address.startsWith('/')) return unixAddress(address);
  const colon = address.lastIndexOf(':');
  return socketAddress(address.slice(0, colon), Number(address.slice(colon + 1)));
}
