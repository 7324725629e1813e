/** GRPCRoute: gRPC calls to some hostnames, matched by rules, filtered and sent to backends. */
import { kubernetesKind } from '../object-meta.ts';
import { defaulted, int32, list, object, oneOf, optional, type Static } from '../schema.ts';
import { grpcFilters } from './grpc-route-filter.ts';
import { grpcMatches } from './grpc-route-match.ts';
import { backendFields, backendRules, GROUP, hostname, sectionName } from './names.ts';
import { parentRefs, routeStatus } from './parent-refs.ts';
import { MAX_RULES, rulesRules } from './route-rules.ts';
import { sessionPersistence } from './session-persistence.ts';

const backendRef = object(
  {
    ...backendFields,
    filters: optional(grpcFilters),
    weight: defaulted(int32({ minimum: 0, maximum: 1_000_000 }), 1),
  },
  { rules: backendRules },
);
export type GRPCBackendRef = Static<typeof backendRef>;

const rule = object({
  backendRefs: optional(list(backendRef, { maxItems: 16, listType: 'atomic' })),
  filters: optional(grpcFilters),
  matches: optional(grpcMatches),
  name: optional(sectionName),
  sessionPersistence: optional(sessionPersistence),
});
export type GRPCRouteRule = Static<typeof rule>;

const matchesOf = (of: string): string => `(has(${of}.matches) ? ${of}.matches.size() : 0)`;

const spec = object({
  hostnames: optional(list(hostname, { maxItems: 16, listType: 'atomic' })),
  parentRefs: optional(parentRefs),
  rules: optional(list(rule, { maxItems: MAX_RULES, listType: 'atomic', rules: rulesRules(matchesOf) })),
  useDefaultGateways: optional(oneOf(['All', 'None'])),
});
export type GRPCRouteSpec = Static<typeof spec>;

export const grpcRoute = kubernetesKind('GRPCRoute', `${GROUP}/v1`, { spec, status: optional(routeStatus) });
export type GRPCRoute = Static<typeof grpcRoute>;
