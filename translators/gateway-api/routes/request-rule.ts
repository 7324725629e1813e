import type { GRPCRouteRule } from '../../../crds/gateway-api/grpc-route.ts';
import type { HTTPRouteRule } from '../../../crds/gateway-api/http-route.ts';
import { resolveFilters } from '../../features/resolve-filters.ts';
import { resolveRuleFields } from '../../features/resolve-rule-fields.ts';
import type { RouteRule } from './route-rule.ts';
import { backendFinder, backendShare, type FoundBackends, filterScope, type RuleContext, usesOf } from './rule-backends.ts';
import { ruleSessions } from './rule-sessions.ts';

/** What one kind says in its own way; `problems` are those of the matches. */
type OwnParts = Pick<RouteRule, 'problems' | 'timeouts' | 'longestMs'>;

/**
 * A rule of what carries requests (HTTPRoute, GRPCRoute): filters, fields and backends are the same for both kinds.
 * @param base the rule's matches with nothing behind them
 */
export function requestRule(base: RouteRule, rule: HTTPRouteRule | GRPCRouteRule, context: RuleContext, own: OwnParts): RouteRule {
  const found: FoundBackends = { asked: new Map(), reaches: new Set() };
  const find = backendFinder(context, found);
  const field = `spec.rules[${base.ordinal}]`;
  const paths = base.matches.map((match) => match.path);
  const filters = resolveFilters(rule.filters ?? [], filterScope('rule', `${field}.filters`, paths, find));
  const shares = (rule.backendRefs ?? []).map((ref, index) => backendShare(ref, `${field}.backendRefs[${index}]`, paths, find));
  const sessions = ruleSessions(rule, shares, field);
  const fields = resolveRuleFields(sessions.rule, filterScope('rule', field, paths, find));
  const problems = [...own.problems, ...filters.problems, ...fields.problems, ...shares.flatMap((share) => share.problems)];
  // A rule is dropped whole (PartiallyInvalid, "Drop Rule(s)"): also what its good matches take gets a 500 then, and not a broader rule.
  if (filters.refused || problems.some((problem) => problem.type === 'Accepted')) return { ...base, reaches: [...found.reaches], problems };
  return {
    ...base,
    ...own,
    backends: sessions.shares,
    features: [...filters.fragments, ...fields.fragments],
    uses: usesOf(sessions.uses, found),
    reaches: [...found.reaches],
    problems,
    ignored: sessions.ignored,
  };
}
