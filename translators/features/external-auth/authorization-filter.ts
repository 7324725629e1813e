import { create } from '@bufbuild/protobuf';
import { HeaderMutationRulesSchema } from '../../../xds/proto/gen/envoy/config/common/mutation_rules/v3/mutation_rules_pb.ts';
import { ApiVersion } from '../../../xds/proto/gen/envoy/config/core/v3/config_source_pb.ts';
import {
  type ExtAuthz,
  ExtAuthzSchema,
  type HttpServiceSchema,
} from '../../../xds/proto/gen/envoy/extensions/filters/http/ext_authz/v3/ext_authz_pb.ts';
import type { ListStringMatcherSchema } from '../../../xds/proto/gen/envoy/type/matcher/v3/string_pb.ts';
import { durationOf } from '../../envoy/duration.ts';
import type { MessageInit } from '../../envoy/message-init.ts';
import type { BackendCluster } from '../policy-feature.ts';

/** Whom to ask about a request, and what is told to whom. */
export interface Authorization extends BackendCluster {
  readonly protocol: 'HTTP' | 'GRPC';
  /** Stands before the path of the request, over HTTP; empty or `/like/this`. */
  readonly path: string;
  /** Of the request, for the service. Over HTTP some more always go; over gRPC none means all. */
  readonly allowedHeaders: readonly string[];
  /** Of the service's answer, for the backend; none means all that do no harm. */
  readonly allowedResponseHeaders: readonly string[];
  /** Longer bodies are refused; 0: the service gets no body. */
  readonly maxBodyBytes: number;
}

/** The contract's (B.9, extAuth). */
const TIMEOUT_MS = 10_000;

/** What must not be copied from one message to another: where it goes, how long it is, and how the connection goes on (RFC 9110, 7.6.1). */
const NEVER_COPIED =
  '^(host|content-length|transfer-encoding|te|trailer|connection|keep-alive|proxy-connection|upgrade|proxy-authenticate|:.*)$';

/** The whole of Envoy's filter. An error of the service or no answer is a 403 (`status_on_error`). */
export function authorizationFilter(ir: Authorization): ExtAuthz {
  return create(ExtAuthzSchema, {
    transportApiVersion: ApiVersion.V3,
    services: ir.protocol === 'GRPC' ? grpcService(ir) : { case: 'httpService', value: httpService(ir) },
    ...(ir.allowedHeaders.length === 0 ? {} : { allowedHeaders: exactly(ir.allowedHeaders) }),
    ...(ir.maxBodyBytes === 0 ? {} : { withRequestBody: { maxRequestBytes: ir.maxBodyBytes } }),
    ...(ir.protocol === 'HTTP' ? { decoderHeaderMutationRules: { disallowExpression: { regex: NEVER_COPIED } } } : {}),
  });
}

/**
 * Before a route is chosen: what the service adds decides which one. The host is what the listener was chosen by, and stays (ListenerFilters): Envoy passes
 * over a change of it.
 */
export function preRoutingFilter(ir: Authorization): ExtAuthz {
  const filter = authorizationFilter(ir);
  filter.clearRouteCache = true;
  filter.decoderHeaderMutationRules ??= create(HeaderMutationRulesSchema, { allowAllRouting: true, disallowExpression: { regex: HOST } });
  return filter;
}

const HOST = '^(host|:authority)$';

/** Without an authority Envoy would name the cluster, which is no host, and strict servers hang up. */
const grpcService = ({ cluster, authority }: Authorization): NonNullable<MessageInit<typeof ExtAuthzSchema>['services']> => ({
  case: 'grpcService',
  value: { targetSpecifier: { case: 'envoyGrpc', value: { clusterName: cluster, authority } }, timeout: durationOf(TIMEOUT_MS) },
});

/** The service gets the host of the request; that of the URI is for traces only. */
function httpService({ cluster, authority, path, allowedResponseHeaders }: Authorization): MessageInit<typeof HttpServiceSchema> {
  const all = { patterns: [{ matchPattern: { case: 'safeRegex', value: { regex: '.*' } } as const }] };
  return {
    serverUri: {
      uri: `http://${authority}`,
      httpUpstreamType: { case: 'cluster', value: cluster },
      timeout: durationOf(TIMEOUT_MS),
    },
    pathPrefix: path,
    authorizationResponse: { allowedUpstreamHeaders: allowedResponseHeaders.length === 0 ? all : exactly(allowedResponseHeaders) },
  };
}

const exactly = (names: readonly string[]): MessageInit<typeof ListStringMatcherSchema> => ({
  patterns: [...new Set(names.map((name) => name.toLowerCase()))].map((value) => ({
    matchPattern: { case: 'exact', value } as const,
    ignoreCase: true,
  })),
});
