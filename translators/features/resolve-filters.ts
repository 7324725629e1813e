import type { HTTPRouteFilter } from '../../crds/gateway-api/http-route-filter.ts';
import { ROUTE_KINDS } from '../../crds/gateway-api/route.ts';
import type { FeatureFragment } from '../ir/feature-fragment.ts';
import type { Problem } from '../ir/problem.ts';
import { type Result, refused } from '../ir/result.ts';
import { type Feature, type FeatureScope, lookupAt } from './policy-feature.ts';
import { FEATURES } from './registry.ts';
import { unsupportedValue } from './unsupported.ts';

/** The filters of a rule or of a backendRef, resolved. */
export interface ResolvedFilters {
  readonly fragments: readonly FeatureFragment[];
  readonly problems: readonly Problem[];
  /** A filter that must not be skipped was refused: the requests of the rule, or the share of the backend, get a 500. */
  readonly refused: boolean;
}

/** Of routes of all kinds: which of them a kind has is a matter of its schema. */
const FILTERS = FEATURES.filter(({ owner, of }) => of === undefined && ROUTE_KINDS.some((kind) => kind === owner));

/**
 * Resolves all filters, so that all their problems are told at once.
 * @param scope its `field` is the path of the list: `spec.rules[0].filters`
 */
export function resolveFilters(filters: readonly HTTPRouteFilter[], scope: FeatureScope): ResolvedFilters {
  const entries = filters.map((filter, i) => ({ filter, feature: featureOf(filter), field: `${scope.field}[${i}]` }));
  const results = entries.map(({ filter, feature, field }) => ({ feature, result: resolveOne(filter, feature, { ...scope, field }) }));
  const conflict = conflictOf(filters, scope.field);
  const failures = results.filter(({ feature, result }) => !result.ok && feature?.whenRefused !== 'skip');
  return {
    fragments: results.flatMap(({ feature, result }) =>
      feature !== undefined && result.ok ? [{ feature: feature.id, ir: result.value }] : [],
    ),
    problems: [...(conflict === undefined ? [] : [conflict]), ...results.flatMap(({ result }) => (result.ok ? [] : [result.problem]))],
    refused: conflict !== undefined || failures.length > 0,
  };
}

function resolveOne(filter: HTTPRouteFilter, feature: Feature | undefined, scope: FeatureScope): Result<object> {
  if (feature === undefined) {
    return refused(
      unsupportedValue(`Filter ${scope.field} of type ${filter.type} has no configuration. Add the field that belongs to the type.`),
    );
  }
  const field = `${scope.field}.${feature.field}`;
  const emitsAnything = Object.keys(feature.emits).length > 0;
  if (scope.place === 'backendRef' && emitsAnything && feature.emits.backend === undefined && feature.emits.ownRoute === undefined) {
    const message = `Field ${field} is not possible for one backend only. Put the filter into spec.rules[].filters.`;
    return refused({ type: 'ResolvedRefs', reason: 'UnsupportedRefValue', message });
  }
  return feature.resolve(specOf(filter, feature), lookupAt(scope, field));
}

const featureOf = (filter: HTTPRouteFilter): Feature | undefined => FILTERS.find((feature) => specOf(filter, feature) !== undefined);

/** A feature's field is a field of the filter, which the type of the filter cannot know. */
const specOf = (filter: HTTPRouteFilter, feature: Feature): unknown => (filter as Readonly<Record<string, unknown>>)[feature.field];

/** HTTPRoute, `rules[].filters`: a redirect and a rewrite exclude each other, and most filters may stand only once. */
function conflictOf(filters: readonly HTTPRouteFilter[], field: string): Problem | undefined {
  const types = filters.map((filter) => filter.type);
  const conflict = (message: string): Problem => ({ type: 'Accepted', reason: 'IncompatibleFilters', message });
  if (types.includes('RequestRedirect') && types.includes('URLRewrite')) {
    return conflict(`Filters ${field} have both RequestRedirect and URLRewrite, which exclude each other. Remove one of them.`);
  }
  const repeated = filters.find((filter, i) => !featureOf(filter)?.repeatable && types.indexOf(filter.type) !== i);
  return repeated && conflict(`Filters ${field} have ${repeated.type} more than once. Join them into one.`);
}
