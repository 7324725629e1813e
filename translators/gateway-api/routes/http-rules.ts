import type { HTTPRoute, HTTPRouteRule } from '../../../crds/gateway-api/http-route.ts';
import { longestRequestMs } from '../../envoy/route-timeouts.ts';
import { resolveFilters } from '../../features/resolve-filters.ts';
import { resolveRuleFields } from '../../features/resolve-rule-fields.ts';
import { refOf } from '../../ir/object-key.ts';
import { ageOf } from '../age.ts';
import { matchNodes, matchProblems } from './route-matches.ts';
import type { RouteRule } from './route-rule.ts';
import { backendFinder, backendShare, type FoundBackends, filterScope, type RuleContext, usesOf } from './rule-backends.ts';
import { ruleSessions } from './rule-sessions.ts';
import { timeoutsOf } from './rule-timeouts.ts';

export const httpRules = (route: HTTPRoute, context: RuleContext): readonly RouteRule[] =>
  route.spec.rules.map((rule, ordinal) => httpRule(route, context, rule, ordinal));

/** What stands in for them where they cannot be translated. */
export const brokenHttpRules = (route: HTTPRoute, key: string): readonly RouteRule[] =>
  route.spec.rules.map((rule, ordinal) => unanswerable(route, key, rule, ordinal));

function httpRule(route: HTTPRoute, context: RuleContext, rule: HTTPRouteRule, ordinal: number): RouteRule {
  const base = unanswerable(route, context.key, rule, ordinal);
  const found: FoundBackends = { asked: new Map(), reaches: new Set() };
  const find = backendFinder(context, found);
  const field = `spec.rules[${ordinal}]`;
  const paths = base.matches.map((match) => match.path);
  const filters = resolveFilters(rule.filters ?? [], filterScope('rule', `${field}.filters`, paths, find));
  const shares = (rule.backendRefs ?? []).map((ref, index) => backendShare(ref, `${field}.backendRefs[${index}]`, paths, find));
  const sessions = ruleSessions(rule, shares, field);
  const fields = resolveRuleFields(sessions.rule, filterScope('rule', field, paths, find));
  const timeouts = timeoutsOf(rule);
  const problems = [...matchProblems(rule, ordinal), ...filters.problems, ...fields.problems, ...shares.flatMap((share) => share.problems)];
  // A rule is dropped whole (PartiallyInvalid, "Drop Rule(s)"): also what its good matches take gets a 500 then, and not a broader rule.
  if (filters.refused || problems.some((problem) => problem.type === 'Accepted')) return { ...base, reaches: [...found.reaches], problems };
  return {
    ...base,
    backends: sessions.shares,
    features: [...filters.fragments, ...fields.fragments],
    timeouts,
    uses: usesOf(sessions.uses, found),
    reaches: [...found.reaches],
    longestMs: longestRequestMs(timeouts),
    problems,
    ignored: sessions.ignored,
  };
}

/** The rule's matches with nothing behind them. */
function unanswerable(route: HTTPRoute, key: string, rule: HTTPRouteRule, ordinal: number): RouteRule {
  return {
    route: key,
    ordinal,
    age: ageOf(route),
    matches: matchNodes(rule),
    backends: [],
    features: [],
    timeouts: {},
    uses: [],
    reaches: [],
    longestMs: longestRequestMs({}),
    problems: [],
    ignored: [],
    origin: refOf(route, rule.name),
  };
}
