import { ROUTE_KINDS } from '../../crds/gateway-api/route.ts';
import type { FeatureFragment } from '../ir/feature-fragment.ts';
import type { Problem } from '../ir/problem.ts';
import { type FeatureScope, lookupAt } from './policy-feature.ts';
import { FEATURES } from './registry.ts';

/** Of routes of all kinds: which of them a kind has is a matter of its schema. */
const FIELDS = FEATURES.filter(({ owner, of }) => of === 'rule' && ROUTE_KINDS.some((kind) => kind === owner));

/** The fields of a rule that are features, resolved; `scope.field` is the path of the rule. */
export interface ResolvedRuleFields {
  readonly fragments: readonly FeatureFragment[];
  readonly problems: readonly Problem[];
}

export function resolveRuleFields(rule: object, scope: FeatureScope): ResolvedRuleFields {
  const results = FIELDS.flatMap((feature) => {
    // A feature's field is a field of the rule, which the type of the rule cannot know.
    const spec = (rule as Readonly<Record<string, unknown>>)[feature.field];
    if (spec === undefined) return [];
    return [{ feature: feature.id, result: feature.resolve(spec, lookupAt(scope, `${scope.field}.${feature.field}`)) }];
  });
  return {
    fragments: results.flatMap(({ feature, result }) => (result.ok ? [{ feature, ir: result.value }] : [])),
    problems: results.flatMap(({ result }) => (result.ok ? [] : [result.problem])),
  };
}
