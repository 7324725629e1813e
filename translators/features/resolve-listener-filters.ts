import type { Listener } from '../../crds/gateway-api/listener.ts';
import { HOST_GATE_SLOTS } from '../envoy/host-gate.ts';
import type { FeatureFragment } from '../ir/feature-fragment.ts';
import type { Problem } from '../ir/problem.ts';
import { type Result, refused } from '../ir/result.ts';
import { type Feature, type FeatureScope, lookupAt } from './policy-feature.ts';
import { FEATURES } from './registry.ts';

/** A filter of a listener, which runs before a route is chosen (Gateway API v1.7.0, GEP-5224). */
export type ListenerFilterSpec = NonNullable<NonNullable<Listener['filters']>['requests']>[number];

/** The filters of a listener, resolved. */
export interface ResolvedListenerFilters {
  /** In their order. */
  readonly fragments: readonly FeatureFragment[];
  /** Any: nobody may pass, because a filter must not be skipped. */
  readonly problems: readonly Problem[];
}

const FILTERS = FEATURES.filter(({ emits }) => emits.listener !== undefined);
const TYPES = FILTERS.map(({ field }) => `${field.charAt(0).toUpperCase()}${field.slice(1)}`).join(', ');

/** Path in a listener, as messages name it. */
const FIELD = 'filters.requests';

/** Resolves all filters, so that all their problems are told at once. */
export function resolveListenerFilters(
  filters: readonly ListenerFilterSpec[],
  listener: string,
  backend: FeatureScope['backend'],
): ResolvedListenerFilters {
  const results = filters.map((filter, index) =>
    resolveOne(filter, { place: 'listener', paths: [], field: `${FIELD}[${index}]`, backend }),
  );
  const problems = results.flatMap((result) => (result.ok ? [] : [result.problem]));
  return {
    fragments: results.flatMap((result) => (result.ok ? [result.value] : [])),
    problems: [...tooMany(filters.length), ...problems].map((problem) => ({
      ...problem,
      message: `Listener ${listener}: ${problem.message}`,
    })),
  };
}

function resolveOne(filter: ListenerFilterSpec, scope: FeatureScope): Result<FeatureFragment> {
  const feature = FILTERS.find((each) => specOf(filter, each) !== undefined);
  if (feature === undefined) {
    const message = `Filter ${scope.field} of type ${filter.type} is not supported in listeners; use ${TYPES}, or remove it.`;
    return refused({ type: 'Accepted', reason: 'UnsupportedValue', message });
  }
  const resolved = feature.resolve(specOf(filter, feature), lookupAt(scope, `${scope.field}.${feature.field}`));
  return resolved.ok ? { ok: true, value: { feature: feature.id, ir: resolved.value } } : refused(ofListener(resolved.problem));
}

/** GEP-5224, "Status Reporting". */
const ofListener = ({ type, reason, message }: Problem): Problem =>
  type === 'Accepted'
    ? { type, reason: 'InvalidListenerFilter', message }
    : { type: 'ResolvedRefs', reason: reason === 'RefNotPermitted' ? reason : 'InvalidListenerFilterRef', message };

function tooMany(count: number): readonly Problem[] {
  const most = HOST_GATE_SLOTS.length;
  if (count <= most) return [];
  const message = `Field ${FIELD} has ${count} filters, and up to ${most} are supported; let one service ask the others, and remove the rest.`;
  return [{ type: 'Accepted', reason: 'UnsupportedValue', message }];
}

/** A feature's field is a field of the filter, which the type of the filter cannot know. */
const specOf = (filter: ListenerFilterSpec, feature: Feature): unknown => (filter as Readonly<Record<string, unknown>>)[feature.field];
