import type { DescMessage } from '@bufbuild/protobuf';
import { ClusterSchema } from '../../xds/proto/gen/envoy/config/cluster/v3/cluster_pb.ts';
import { TypedExtensionConfigSchema } from '../../xds/proto/gen/envoy/config/core/v3/extension_pb.ts';
import { ClusterLoadAssignmentSchema } from '../../xds/proto/gen/envoy/config/endpoint/v3/endpoint_pb.ts';
import { ListenerSchema } from '../../xds/proto/gen/envoy/config/listener/v3/listener_pb.ts';
import { FilterConfigSchema } from '../../xds/proto/gen/envoy/config/route/v3/route_components_pb.ts';
import { RouteConfigurationSchema } from '../../xds/proto/gen/envoy/config/route/v3/route_pb.ts';
import { OpenTelemetryConfigSchema } from '../../xds/proto/gen/envoy/config/trace/v3/opentelemetry_pb.ts';
import { StdoutAccessLogSchema } from '../../xds/proto/gen/envoy/extensions/access_loggers/stream/v3/stream_pb.ts';
import { DnsClusterSchema } from '../../xds/proto/gen/envoy/extensions/clusters/dns/v3/dns_cluster_pb.ts';
import {
  CompositePerRouteSchema,
  CompositeSchema,
  ExecuteFilterActionSchema,
} from '../../xds/proto/gen/envoy/extensions/filters/http/composite/v3/composite_pb.ts';
import { CorsPolicySchema, CorsSchema } from '../../xds/proto/gen/envoy/extensions/filters/http/cors/v3/cors_pb.ts';
import { CredentialInjectorSchema } from '../../xds/proto/gen/envoy/extensions/filters/http/credential_injector/v3/credential_injector_pb.ts';
import { ExtAuthzSchema } from '../../xds/proto/gen/envoy/extensions/filters/http/ext_authz/v3/ext_authz_pb.ts';
import { FilterConfigSchema as GrpcStatsSchema } from '../../xds/proto/gen/envoy/extensions/filters/http/grpc_stats/v3/config_pb.ts';
import { HealthCheckSchema } from '../../xds/proto/gen/envoy/extensions/filters/http/health_check/v3/health_check_pb.ts';
import { RouterSchema } from '../../xds/proto/gen/envoy/extensions/filters/http/router/v3/router_pb.ts';
import {
  StatefulSessionPerRouteSchema,
  StatefulSessionSchema,
} from '../../xds/proto/gen/envoy/extensions/filters/http/stateful_session/v3/stateful_session_pb.ts';
import { UpstreamCodecSchema } from '../../xds/proto/gen/envoy/extensions/filters/http/upstream_codec/v3/upstream_codec_pb.ts';
import { TlsInspectorSchema } from '../../xds/proto/gen/envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector_pb.ts';
import { HttpConnectionManagerSchema } from '../../xds/proto/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts';
import { TcpProxySchema } from '../../xds/proto/gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.ts';
import { RouteSchema } from '../../xds/proto/gen/envoy/extensions/filters/udp/udp_proxy/v3/route_pb.ts';
import { UdpProxyConfigSchema } from '../../xds/proto/gen/envoy/extensions/filters/udp/udp_proxy/v3/udp_proxy_pb.ts';
import { GenericSchema } from '../../xds/proto/gen/envoy/extensions/http/injected_credentials/generic/v3/generic_pb.ts';
import { CookieBasedSessionStateSchema } from '../../xds/proto/gen/envoy/extensions/http/stateful_session/cookie/v3/cookie_pb.ts';
import { HeaderBasedSessionStateSchema } from '../../xds/proto/gen/envoy/extensions/http/stateful_session/header/v3/header_pb.ts';
import { LeastRequestSchema } from '../../xds/proto/gen/envoy/extensions/load_balancing_policies/least_request/v3/least_request_pb.ts';
import { SourcePortInputSchema } from '../../xds/proto/gen/envoy/extensions/matching/common_inputs/network/v3/network_inputs_pb.ts';
import { RuntimeFractionSchema } from '../../xds/proto/gen/envoy/extensions/matching/input_matchers/runtime_fraction/v3/runtime_fraction_pb.ts';
import { DownstreamConnectionsConfigSchema } from '../../xds/proto/gen/envoy/extensions/resource_monitors/downstream_connections/v3/downstream_connections_pb.ts';
import { FixedHeapConfigSchema } from '../../xds/proto/gen/envoy/extensions/resource_monitors/fixed_heap/v3/fixed_heap_pb.ts';
import { PreviousHostsPredicateSchema } from '../../xds/proto/gen/envoy/extensions/retry/host/previous_hosts/v3/previous_hosts_pb.ts';
import { AlwaysOnSamplerConfigSchema } from '../../xds/proto/gen/envoy/extensions/tracers/opentelemetry/samplers/v3/always_on_sampler_pb.ts';
import { CELSamplerConfigSchema } from '../../xds/proto/gen/envoy/extensions/tracers/opentelemetry/samplers/v3/cel_sampler_pb.ts';
import { ParentBasedSamplerConfigSchema } from '../../xds/proto/gen/envoy/extensions/tracers/opentelemetry/samplers/v3/parent_based_sampler_pb.ts';
import { TraceIdRatioBasedSamplerConfigSchema } from '../../xds/proto/gen/envoy/extensions/tracers/opentelemetry/samplers/v3/trace_id_ratio_based_sampler_pb.ts';
import { SecretSchema } from '../../xds/proto/gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.ts';
import {
  DownstreamTlsContextSchema,
  UpstreamTlsContextSchema,
} from '../../xds/proto/gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.ts';
import { HttpProtocolOptionsSchema } from '../../xds/proto/gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.ts';

/** Every message that we pack into an `Any`: what it takes to read our resources back. A test reads back all golden cases. */
export const PACKED_SCHEMAS: readonly DescMessage[] = [
  AlwaysOnSamplerConfigSchema,
  CELSamplerConfigSchema,
  ClusterLoadAssignmentSchema,
  ClusterSchema,
  DnsClusterSchema,
  CompositePerRouteSchema,
  CompositeSchema,
  CookieBasedSessionStateSchema,
  CorsPolicySchema,
  CorsSchema,
  CredentialInjectorSchema,
  DownstreamConnectionsConfigSchema,
  DownstreamTlsContextSchema,
  ExecuteFilterActionSchema,
  ExtAuthzSchema,
  FilterConfigSchema,
  FixedHeapConfigSchema,
  GenericSchema,
  GrpcStatsSchema,
  HeaderBasedSessionStateSchema,
  HealthCheckSchema,
  HttpConnectionManagerSchema,
  HttpProtocolOptionsSchema,
  LeastRequestSchema,
  ListenerSchema,
  OpenTelemetryConfigSchema,
  ParentBasedSamplerConfigSchema,
  PreviousHostsPredicateSchema,
  RouteConfigurationSchema,
  RouteSchema,
  RouterSchema,
  RuntimeFractionSchema,
  SecretSchema,
  StatefulSessionPerRouteSchema,
  StatefulSessionSchema,
  SourcePortInputSchema,
  StdoutAccessLogSchema,
  TcpProxySchema,
  TlsInspectorSchema,
  TraceIdRatioBasedSamplerConfigSchema,
  TypedExtensionConfigSchema,
  UdpProxyConfigSchema,
  UpstreamCodecSchema,
  UpstreamTlsContextSchema,
];
