import { create } from '@bufbuild/protobuf';
import { type AccessLog, AccessLogSchema } from '../../xds/proto/gen/envoy/config/accesslog/v3/accesslog_pb.ts';
import { StdoutAccessLogSchema } from '../../xds/proto/gen/envoy/extensions/access_loggers/stream/v3/stream_pb.ts';
import { pack } from './pack.ts';

/** The default access log (contract D.8). JSON escapes what a client sends, so that nobody can forge a line. */
const FORMAT: Readonly<Record<string, string>> = {
  ':authority': '%REQ(:AUTHORITY)%',
  bytes_received: '%BYTES_RECEIVED%',
  bytes_sent: '%BYTES_SENT%',
  connection_termination_details: '%CONNECTION_TERMINATION_DETAILS%',
  downstream_local_address: '%DOWNSTREAM_LOCAL_ADDRESS%',
  downstream_remote_address: '%DOWNSTREAM_REMOTE_ADDRESS%',
  duration: '%DURATION%',
  method: '%REQ(:METHOD)%',
  protocol: '%PROTOCOL%',
  requested_server_name: '%REQUESTED_SERVER_NAME%',
  response_code: '%RESPONSE_CODE%',
  response_code_details: '%RESPONSE_CODE_DETAILS%',
  response_flags: '%RESPONSE_FLAGS%',
  route_name: '%ROUTE_NAME%',
  start_time: '%START_TIME%',
  upstream_cluster: '%UPSTREAM_CLUSTER%',
  upstream_host: '%UPSTREAM_HOST%',
  upstream_local_address: '%UPSTREAM_LOCAL_ADDRESS%',
  upstream_transport_failure_reason: '%UPSTREAM_TRANSPORT_FAILURE_REASON%',
  'user-agent': '%REQ(USER-AGENT)%',
  'x-envoy-origin-path': '%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%',
  'x-envoy-upstream-service-time': '%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%',
  'x-forwarded-for': '%REQ(X-FORWARDED-FOR)%',
  'x-request-id': '%REQ(X-REQUEST-ID)%',
};

/** Writes to the standard output itself: `/dev/stdout` cannot be opened where it is a socket, as it is for a child process of Node. */
const LOGGER = {
  name: 'envoy.access_loggers.stdout',
  configType: {
    case: 'typedConfig',
    value: pack(StdoutAccessLogSchema, {
      accessLogFormat: { case: 'logFormat', value: { format: { case: 'jsonFormat', value: { ...FORMAT } } } },
    }),
  },
} as const;

/** One line for each request. */
export const requestLog = (): AccessLog => create(AccessLogSchema, LOGGER);

/** One line for each connection that no filter chain took (response flag NR); requests are logged above. */
export const rejectedConnectionLog = (): AccessLog =>
  create(AccessLogSchema, { ...LOGGER, filter: { filterSpecifier: { case: 'responseFlagFilter', value: { flags: ['NR'] } } } });
