import type { HTTPRoute, HTTPRouteRule } from '../../../crds/gateway-api/http-route.ts';
import { longestRequestMs } from '../../envoy/route-timeouts.ts';
import { requestRule } from './request-rule.ts';
import { matchNodes, matchProblems } from './route-matches.ts';
import { emptyRule, type RouteRule } from './route-rule.ts';
import type { RuleContext } from './rule-backends.ts';
import { timeoutsOf } from './rule-timeouts.ts';

export const httpRules = (route: HTTPRoute, context: RuleContext): readonly RouteRule[] =>
  route.spec.rules.map((rule, ordinal) => {
    const timeouts = timeoutsOf(rule);
    const own = { problems: matchProblems(rule, ordinal), timeouts, longestMs: longestRequestMs(timeouts) };
    return requestRule(unanswerable(route, context.key, rule, ordinal), rule, context, own);
  });

/** What stands in for them where they cannot be translated. */
export const brokenHttpRules = (route: HTTPRoute, key: string): readonly RouteRule[] =>
  route.spec.rules.map((rule, ordinal) => unanswerable(route, key, rule, ordinal));

const unanswerable = (route: HTTPRoute, key: string, rule: HTTPRouteRule, ordinal: number): RouteRule =>
  emptyRule(route, { key, ordinal, name: rule.name }, { matches: matchNodes(rule), longestMs: longestRequestMs({}) });
