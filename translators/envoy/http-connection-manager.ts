import { create } from '@bufbuild/protobuf';
import { HttpProtocolOptions_HeadersWithUnderscoresAction } from '../../xds/proto/gen/envoy/config/core/v3/protocol_pb.ts';
import { RouterSchema } from '../../xds/proto/gen/envoy/extensions/filters/http/router/v3/router_pb.ts';
import {
  type HttpConnectionManager,
  HttpConnectionManager_PathWithEscapedSlashesAction,
  HttpConnectionManager_ServerHeaderTransformation,
  HttpConnectionManagerSchema,
  type HttpFilter,
  HttpFilterSchema,
} from '../../xds/proto/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts';
import type { TracingNode } from '../ir/tracing-node.ts';
import { requestLog } from './access-log.ts';
import { adsSource, WAIT_FOR_EVER } from './ads-source.ts';
import type { HttpFilterSlot } from './http-filter-slot.ts';
import { HTTP2_WINDOWS } from './http2-windows.ts';
import { pack } from './pack.ts';
import { buildTracing } from './tracing.ts';

/** What the listener says of its connections, for all chains alike. */
export interface ConnectionOptions {
  readonly statPrefix: string;
  readonly slots: readonly HttpFilterSlot[];
  /** Each request is logged. */
  readonly accessLog: boolean;
  /** Absent: requests are not traced, and what they say of traces goes on as it is. */
  readonly tracing?: TracingNode | undefined;
}

/** What a connection speaks: values of contract D.7. Upgrades stand here and not on routes, which costs a route nothing. */
export function buildHttpConnectionManager(
  routeConfiguration: string,
  { statPrefix, slots, accessLog, tracing }: ConnectionOptions,
): HttpConnectionManager {
  return create(HttpConnectionManagerSchema, {
    statPrefix,
    routeSpecifier: {
      case: 'rds',
      value: { routeConfigName: routeConfiguration, configSource: adsSource(WAIT_FOR_EVER) },
    },
    httpFilters: [...slots.map(filterOf), router()],
    accessLog: accessLog ? [requestLog()] : [],
    useRemoteAddress: true,
    normalizePath: true,
    mergeSlashes: true,
    pathWithEscapedSlashesAction: HttpConnectionManager_PathWithEscapedSlashesAction.UNESCAPE_AND_REDIRECT,
    serverHeaderTransformation: HttpConnectionManager_ServerHeaderTransformation.PASS_THROUGH,
    commonHttpProtocolOptions: { headersWithUnderscoresAction: HttpProtocolOptions_HeadersWithUnderscoresAction.REJECT_REQUEST },
    http2ProtocolOptions: { maxConcurrentStreams: 100, ...HTTP2_WINDOWS },
    upgradeConfigs: [{ upgradeType: 'websocket' }],
    ...(tracing === undefined ? {} : { tracing: buildTracing(tracing) }),
  });
}

function filterOf({ name, config, disabled }: HttpFilterSlot): HttpFilter {
  return create(HttpFilterSchema, { name, configType: { case: 'typedConfig', value: config }, disabled });
}

function router(): HttpFilter {
  return filterOf({ name: 'envoy.filters.http.router', config: pack(RouterSchema, { suppressEnvoyHeaders: true }), disabled: false });
}
