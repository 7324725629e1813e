import type { GRPCRoute, GRPCRouteRule } from '../../../crds/gateway-api/grpc-route.ts';
import { NO_LIMIT_MS } from '../../envoy/route-timeouts.ts';
import { resolveFilters } from '../../features/resolve-filters.ts';
import { resolveRuleFields } from '../../features/resolve-rule-fields.ts';
import { refOf } from '../../ir/object-key.ts';
import { ageOf } from '../age.ts';
import { callMatchNodes, callMatchProblems } from './call-matches.ts';
import type { RouteRule } from './route-rule.ts';
import { backendFinder, backendShare, type FoundBackends, filterScope, type RuleContext, usesOf } from './rule-backends.ts';
import { ruleSessions } from './rule-sessions.ts';

export const grpcRules = (route: GRPCRoute, context: RuleContext): readonly RouteRule[] =>
  rulesOf(route).map((rule, ordinal) => grpcRule(route, context, rule, ordinal));

/** What stands in for them where they cannot be translated. */
export const brokenGrpcRules = (route: GRPCRoute, key: string): readonly RouteRule[] =>
  rulesOf(route).map((rule, ordinal) => unanswerable(route, key, rule, ordinal));

/** Other than an HTTPRoute, one without rules takes nothing: no rule is filled in. */
const rulesOf = (route: GRPCRoute): readonly GRPCRouteRule[] => route.spec.rules ?? [];

function grpcRule(route: GRPCRoute, context: RuleContext, rule: GRPCRouteRule, ordinal: number): RouteRule {
  const base = unanswerable(route, context.key, rule, ordinal);
  const found: FoundBackends = { asked: new Map(), reaches: new Set() };
  const find = backendFinder(context, found);
  const field = `spec.rules[${ordinal}]`;
  const paths = base.matches.map((match) => match.path);
  const filters = resolveFilters(rule.filters ?? [], filterScope('rule', `${field}.filters`, paths, find));
  const shares = (rule.backendRefs ?? []).map((ref, index) => backendShare(ref, `${field}.backendRefs[${index}]`, paths, find));
  const sessions = ruleSessions(rule, shares, field);
  const fields = resolveRuleFields(sessions.rule, filterScope('rule', field, paths, find));
  const problems = [
    ...callMatchProblems(rule, ordinal),
    ...filters.problems,
    ...fields.problems,
    ...shares.flatMap((share) => share.problems),
  ];
  // As with HTTPRoute a rule is dropped whole, and what its good matches take does not go to a broader rule.
  if (filters.refused || problems.some((problem) => problem.type === 'Accepted')) return { ...base, reaches: [...found.reaches], problems };
  return {
    ...base,
    backends: sessions.shares,
    features: [...filters.fragments, ...fields.fragments],
    uses: usesOf(sessions.uses, found),
    reaches: [...found.reaches],
    problems,
    ignored: sessions.ignored,
  };
}

/** The rule's matches with nothing behind them. */
function unanswerable(route: GRPCRoute, key: string, rule: GRPCRouteRule, ordinal: number): RouteRule {
  return {
    route: key,
    ordinal,
    age: ageOf(route),
    matches: callMatchNodes(rule),
    backends: [],
    features: [],
    timeouts: {},
    uses: [],
    reaches: [],
    // Streams last as long as both ends want, and calls as long as their own deadline.
    longestMs: NO_LIMIT_MS,
    problems: [],
    ignored: [],
    origin: refOf(route, rule.name),
  };
}
