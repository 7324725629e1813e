import type { HTTPRouteRule } from '../../crds/gateway-api/http-route.ts';
import type { FeatureFragment } from '../ir/feature-fragment.ts';
import type { Problem } from '../ir/problem.ts';
import type { Lookup } from './policy-feature.ts';
import { FEATURES } from './registry.ts';

const FIELDS = FEATURES.filter((feature) => feature.owner === 'HTTPRoute' && feature.of === 'rule');

/** The fields of a rule that are features, resolved; `scope.field` is the path of the rule. */
export interface ResolvedRuleFields {
  readonly fragments: readonly FeatureFragment[];
  readonly problems: readonly Problem[];
}

export function resolveRuleFields(rule: HTTPRouteRule, scope: Lookup): ResolvedRuleFields {
  const results = FIELDS.flatMap((feature) => {
    // A feature's field is a field of the rule, which the type of the rule cannot know.
    const spec = (rule as Readonly<Record<string, unknown>>)[feature.field];
    if (spec === undefined) return [];
    return [{ feature: feature.id, result: feature.resolve(spec, { ...scope, field: `${scope.field}.${feature.field}` }) }];
  });
  return {
    fragments: results.flatMap(({ feature, result }) => (result.ok ? [{ feature, ir: result.value }] : [])),
    problems: results.flatMap(({ result }) => (result.ok ? [] : [result.problem])),
  };
}
