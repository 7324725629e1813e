import type { GRPCRoute, GRPCRouteRule } from '../../../crds/gateway-api/grpc-route.ts';
import { NO_LIMIT_MS } from '../../envoy/route-timeouts.ts';
import { callMatchNodes, callMatchProblems } from './call-matches.ts';
import { requestRule } from './request-rule.ts';
import { emptyRule, type RouteRule } from './route-rule.ts';
import type { RuleContext } from './rule-backends.ts';

export const grpcRules = (route: GRPCRoute, context: RuleContext): readonly RouteRule[] =>
  rulesOf(route).map((rule, ordinal) => {
    const own = { problems: callMatchProblems(rule, ordinal), timeouts: {}, longestMs: NO_LIMIT_MS };
    return requestRule(unanswerable(route, context.key, rule, ordinal), rule, context, own);
  });

/** What stands in for them where they cannot be translated. */
export const brokenGrpcRules = (route: GRPCRoute, key: string): readonly RouteRule[] =>
  rulesOf(route).map((rule, ordinal) => unanswerable(route, key, rule, ordinal));

/** Other than an HTTPRoute, one without rules takes nothing: no rule is filled in. */
const rulesOf = (route: GRPCRoute): readonly GRPCRouteRule[] => route.spec.rules ?? [];

/** Streams last as long as both ends want, and calls as long as their own deadline. */
const unanswerable = (route: GRPCRoute, key: string, rule: GRPCRouteRule, ordinal: number): RouteRule =>
  emptyRule(route, { key, ordinal, name: rule.name }, { matches: callMatchNodes(rule), longestMs: NO_LIMIT_MS });
