import type { Condition } from '../../crds/object-meta.ts';
import type { DesiredCondition } from './desired-status.ts';

/** The condition types that this controller writes, on whatever kind (reference D.9 and B.1). Others belong to others and are left alone. */
export const OWN_CONDITIONS: ReadonlySet<string> = new Set([
  'Accepted',
  'AddressesAssigned',
  'Aggregated',
  'BackendsAvailable',
  'Conflicted',
  'InsecureFrontendValidationMode',
  'Merged',
  'Overridden',
  'OverlappingTLSConfig',
  'PartiallyInvalid',
  'Programmed',
  'ResolvedRefs',
  'RouteRulesOverlap',
  'SupportedVersion',
  'Synced',
  'Warning',
]);

export interface Observation {
  /** RFC 3339, whole seconds, as metav1.Time is written. */
  readonly now: string;
  /** The generation of the live object. */
  readonly generation: number | undefined;
}

/** The live conditions with ours brought up to date: in place where they were, else at the end; ours that are gone removed, once all is known. */
export const mergeConditions = (
  live: readonly Condition[],
  desired: readonly DesiredCondition[],
  observation: Observation,
): readonly Condition[] => {
  const missing = new Map(desired.map((condition) => [condition.type, condition]));
  const isPartial = desired.some(({ provisional }) => provisional === true);
  const kept = live.flatMap((condition) => {
    const wanted = missing.get(condition.type);
    if (wanted === undefined) return OWN_CONDITIONS.has(condition.type) && !isPartial ? [] : [condition];
    missing.delete(condition.type);
    return [wanted.provisional === true && condition.status !== 'Unknown' ? condition : merge(condition, wanted, observation)];
  });
  return [...kept, ...[...missing.values()].map((wanted) => merge(undefined, wanted, observation))];
};

const merge = (live: Condition | undefined, wanted: DesiredCondition, { now, generation }: Observation): Condition => {
  const observedGeneration = wanted.observedGeneration ?? generation;
  return {
    type: wanted.type,
    status: wanted.status,
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
    // It tells when the status moved, not when we last wrote (metav1.Condition).
    lastTransitionTime: (live?.status === wanted.status && live.lastTransitionTime) || now,
    reason: wanted.reason,
    message: wanted.message,
  };
};
