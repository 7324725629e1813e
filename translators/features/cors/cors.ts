import type { HTTPCORSFilter } from '../../../crds/gateway-api/http-route-filter.ts';
import { CorsPolicySchema, CorsSchema } from '../../../xds/proto/gen/envoy/extensions/filters/http/cors/v3/cors_pb.ts';
import type { StringMatcherSchema } from '../../../xds/proto/gen/envoy/type/matcher/v3/string_pb.ts';
import type { MessageInit } from '../../envoy/message-init.ts';
import { pack } from '../../envoy/pack.ts';
import { quoteRegex } from '../../envoy/regex.ts';
import { ok } from '../../ir/result.ts';
import { defineFeature } from '../policy-feature.ts';

const FILTER = 'envoy.filters.http.cors';

interface Cors {
  readonly allowOrigins: readonly string[];
  readonly allowMethods: readonly string[];
  readonly allowHeaders: readonly string[];
  readonly exposeHeaders: readonly string[];
  readonly allowCredentials: boolean;
  readonly maxAgeSeconds: number;
}

/** HTTPRoute filter CORS (extended, GEP-1767). Preflights are answered here, also those of strangers, and never reach a backend. */
export const cors = defineFeature<HTTPCORSFilter, Cors>({
  owner: 'HTTPRoute',
  field: 'cors',
  doc: 'Tells browsers which other sites may call this one, and answers their preflight requests.',
  resolve: (spec) =>
    ok({
      allowOrigins: spec.allowOrigins ?? [],
      allowMethods: spec.allowMethods ?? [],
      allowHeaders: spec.allowHeaders ?? [],
      exposeHeaders: spec.exposeHeaders ?? [],
      allowCredentials: spec.allowCredentials ?? false,
      maxAgeSeconds: spec.maxAge,
    }),
  emits: {
    httpFilter: { name: FILTER, config: pack(CorsSchema), disabled: false },
    route: (ir) => ({ preflight: true, typedPerFilterConfig: { [FILTER]: pack(CorsPolicySchema, policyOf(ir)) } }),
  },
});

function policyOf(ir: Cors): MessageInit<typeof CorsPolicySchema> {
  return {
    allowOriginStringMatch: ir.allowOrigins.map(originMatcherOf),
    allowMethods: ir.allowMethods.join(', '),
    allowHeaders: ir.allowHeaders.join(', '),
    // To a browser `*` beside credentials is a header of that name (Fetch standard, CORS protocol), so it must not be said (HTTPCORSFilter).
    exposeHeaders: ir.exposeHeaders.filter((name) => name !== '*' || !ir.allowCredentials).join(', '),
    maxAge: String(ir.maxAgeSeconds),
    allowCredentials: ir.allowCredentials,
    forwardNotMatchingPreflights: false,
  };
}

/** `*` in a host stands for one label or several, never for a port or a path. */
function originMatcherOf(given: string): MessageInit<typeof StringMatcherSchema> {
  const origin = asBrowsersSend(given);
  if (!origin.includes('*')) return { matchPattern: { case: 'exact', value: origin } };
  const regex = origin === '*' ? '.*' : origin.split('*').map(quoteRegex).join('[a-zA-Z0-9.-]+');
  return { matchPattern: { case: 'safeRegex', value: { regex } } };
}

/** In lower case and without the default port of the scheme (URL standard, origin serialisation). */
const asBrowsersSend = (origin: string): string => origin.toLowerCase().replace(/^(http:.*):80$|^(https:.*):443$/, '$1$2');
