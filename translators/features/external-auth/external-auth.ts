import type { HTTPExternalAuthFilter } from '../../../crds/gateway-api/external-auth-filter.ts';
import { CompositeSchema } from '../../../xds/proto/gen/envoy/extensions/filters/http/composite/v3/composite_pb.ts';
import { ExtAuthzSchema } from '../../../xds/proto/gen/envoy/extensions/filters/http/ext_authz/v3/ext_authz_pb.ts';
import { wholeFilter } from '../../envoy/composite-slot.ts';
import { pack } from '../../envoy/pack.ts';
import { ok, type Result, refused } from '../../ir/result.ts';
import { defineFeature, type Lookup } from '../policy-feature.ts';
import { unsupportedValue } from '../unsupported.ts';
import { type Authorization, authorizationFilter, preRoutingFilter } from './authorization-filter.ts';

const FILTER = 'envoy.filters.http.ext_authz';

/**
 * HTTPRoute filter ExternalAuth (experimental, GEP-1494). Fails closed: where the service cannot be referred to, the rule answers 500; where it
 * does not answer, Envoy answers 403. What Envoy takes for one route of its filter lacks the headers to be sent, so the whole filter stands
 * on the route. In listeners it is a filter too (GEP-5224).
 */
export const externalAuth = defineFeature<HTTPExternalAuthFilter, Authorization>({
  owner: 'HTTPRoute',
  sharedWith: ['Listener'],
  field: 'externalAuth',
  doc: 'Asks another service, over HTTP or gRPC (the ext_authz protocol of Envoy), whether a request may pass. A body longer than `forwardBody.maxSize` is answered with 413. Among the filters of a listener it is asked about every request of the listener, also about those that no route takes, and headers that it adds choose the route.',
  resolve,
  emits: {
    listener: (ir) => pack(ExtAuthzSchema, preRoutingFilter(ir)),
    httpFilter: { name: FILTER, config: pack(CompositeSchema), disabled: false },
    route: (ir) => ({ typedPerFilterConfig: { [FILTER]: wholeFilter(FILTER, pack(ExtAuthzSchema, authorizationFilter(ir))) } }),
    backend: (ir) => ({ typedPerFilterConfig: { [FILTER]: wholeFilter(FILTER, pack(ExtAuthzSchema, authorizationFilter(ir))) } }),
  },
});

function resolve(spec: HTTPExternalAuthFilter, lookup: Lookup): Result<Authorization> {
  const path = pathPrefixOf(spec.http?.path ?? '');
  if (path === undefined) {
    const message = `Field ${lookup.field}.http.path is ${JSON.stringify(spec.http?.path)}, which leads out of itself. Leave out "." and ".." between slashes.`;
    return refused(unsupportedValue(message));
  }
  const backend = lookup.backend(spec.backendRef, spec.protocol === 'GRPC' ? 'http2' : 'http1');
  if (!backend.ok) return backend;
  return ok({
    protocol: spec.protocol,
    ...backend.value,
    path,
    allowedHeaders: spec.grpc?.allowedHeaders ?? spec.http?.allowedHeaders ?? [],
    allowedResponseHeaders: spec.http?.allowedResponseHeaders ?? [],
    maxBodyBytes: spec.forwardBody?.maxSize ?? 0,
  });
}

/** What stands before the path of the request, with a slash at its start and none at its end; undefined: it is not safe to be put there. */
function pathPrefixOf(path: string): string | undefined {
  const segments = path.split('/').filter((segment) => segment !== '');
  if (segments.some((segment) => /^(\.|%2e){1,2}$/i.test(segment))) return undefined;
  return segments.map((segment) => `/${segment}`).join('');
}
