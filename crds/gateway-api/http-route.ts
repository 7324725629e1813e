/** HTTPRoute: requests of some hostnames, matched by rules, filtered and sent to backends. */
import { kubernetesKind } from '../object-meta.ts';
import { defaulted, int32, integer, list, object, oneOf, optional, type Rule, type Static } from '../schema.ts';
import { filters } from './http-route-filter.ts';
import { ANY_REQUEST, matches } from './http-route-match.ts';
import { backendFields, backendRules, duration, GROUP, hostname, sectionName } from './names.ts';
import { parentRefs, routeStatus } from './parent-refs.ts';
import { MAX_RULES, rulesRules } from './route-rules.ts';
import { sessionPersistence } from './session-persistence.ts';

const backendRef = object(
  {
    ...backendFields,
    filters: optional(filters),
    weight: defaulted(int32({ minimum: 0, maximum: 1_000_000 }), 1),
  },
  { rules: backendRules },
);
export type HTTPBackendRef = Static<typeof backendRef>;

/** GEP-1742. A duration of zero switches a timeout off. */
const timeouts = object(
  { backendRequest: optional(duration), request: optional(duration) },
  {
    rules: [
      {
        rule: "!(has(self.request) && has(self.backendRequest) && duration(self.request) != duration('0s') && duration(self.backendRequest) > duration(self.request))",
        message: 'backendRequest timeout cannot be longer than request timeout',
      },
    ],
  },
);
export type HTTPRouteTimeouts = Static<typeof timeouts>;

/** GEP-1731, experimental before v1.7.0. Only v1.7.0 fills in `attempts` and allows 0: what is not said means 1 to us in every version. */
const retry = object({
  attempts: optional(integer({ minimum: 0 })),
  backoff: optional(duration),
  codes: optional(list(integer({ minimum: 400, maximum: 599 }), { listType: 'set' })),
});
export type HTTPRouteRetry = Static<typeof retry>;

/** A prefix can only be replaced where it is known which one matched. */
const ONE_PREFIX =
  "((size(self.matches) != 1 || !has(self.matches[0].path) || self.matches[0].path.type != 'PathPrefix') ? false : true) : true";
const replacesPrefix = (field: string): string =>
  `exists_one(f, has(f.${field}) && has(f.${field}.path) && f.${field}.path.type == 'ReplacePrefixMatch' && has(f.${field}.path.replacePrefixMatch))`;

const inRule = (filter: string, field: string): Rule => ({
  rule: `(has(self.filters) && self.filters.${replacesPrefix(field)}) ? ${ONE_PREFIX}`,
  message: `When using ${filter} filter with path.replacePrefixMatch, exactly one PathPrefix match must be specified`,
});

const inBackends = (filter: string, field: string, when: string): Rule => ({
  rule: `(has(self.backendRefs) && self.backendRefs.exists_one(b, (has(b.filters) && b.filters.${replacesPrefix(field)}) )) ? ${ONE_PREFIX}`,
  message: `Within backendRefs, ${when} using ${filter} filter with path.replacePrefixMatch, exactly one PathPrefix match must be specified`,
});

const rule = object(
  {
    backendRefs: optional(list(backendRef, { maxItems: 16, listType: 'atomic' })),
    filters: optional(filters),
    matches: defaulted(matches, ANY_REQUEST),
    name: optional(sectionName),
    retry: optional(retry),
    sessionPersistence: optional(sessionPersistence),
    timeouts: optional(timeouts),
  },
  {
    rules: [
      {
        rule: '(has(self.backendRefs) && size(self.backendRefs) > 0) ? (!has(self.filters) || self.filters.all(f, !has(f.requestRedirect))): true',
        message: 'RequestRedirect filter must not be used together with backendRefs',
      },
      inRule('RequestRedirect', 'requestRedirect'),
      inRule('URLRewrite', 'urlRewrite'),
      inBackends('RequestRedirect', 'requestRedirect', 'when'),
      inBackends('URLRewrite', 'urlRewrite', 'When'),
    ],
  },
);
export type HTTPRouteRule = Static<typeof rule>;

const spec = object({
  hostnames: optional(list(hostname, { maxItems: 16, listType: 'atomic' })),
  parentRefs: optional(parentRefs),
  rules: defaulted(
    list(rule, { minItems: 1, maxItems: MAX_RULES, listType: 'atomic', rules: rulesRules((rule) => `${rule}.matches.size()`) }),
    [{ matches: ANY_REQUEST }],
  ),
  useDefaultGateways: optional(oneOf(['All', 'None'])),
});
export type HTTPRouteSpec = Static<typeof spec>;

export const httpRoute = kubernetesKind('HTTPRoute', `${GROUP}/v1`, { spec, status: optional(routeStatus) });
export type HTTPRoute = Static<typeof httpRoute>;
