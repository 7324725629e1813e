import type { KubernetesObject } from '../../crds/object-meta.ts';
import type { EventRecorder } from '../cluster/events.ts';

interface TellingCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

interface TellingStatus {
  readonly conditions?: readonly TellingCondition[];
  readonly parents?: readonly { readonly conditions?: readonly TellingCondition[] }[];
}

/** Of these a person wants to know in `kubectl describe` when they turn. */
const TELLING = new Set(['Accepted', 'Programmed', 'ResolvedRefs']);

/** Writes an Event for each condition that turns to something else than the live object says: once a transition, not once a reconcile. */
export function tellConditions(events: EventRecorder, live: KubernetesObject, desired: TellingStatus): void {
  const before = new Set(conditionsOf((live.status ?? {}) as TellingStatus).map(identity));
  for (const condition of conditionsOf(desired)) {
    if (!TELLING.has(condition.type) || before.has(identity(condition))) continue;
    if (condition.status === 'True' && condition.type === 'ResolvedRefs') continue;
    const type = condition.status === 'True' ? 'Normal' : 'Warning';
    if (condition.reason === 'Pending') continue;
    events.record({ object: live, type, reason: condition.reason, action: 'Reconcile', message: condition.message });
  }
}

const conditionsOf = ({ conditions = [], parents = [] }: TellingStatus): readonly TellingCondition[] => [
  ...conditions,
  ...parents.flatMap((parent) => parent.conditions ?? []),
];

const identity = ({ type, status, reason, message }: TellingCondition): string => [type, status, reason, message].join('\n');
