import type { KubernetesObject } from '../../crds/object-meta.ts';
import type { EventRecorder } from '../cluster/events.ts';

interface TellingCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly provisional?: true;
}

interface TellingStatus {
  readonly conditions?: readonly TellingCondition[];
  readonly parents?: readonly { readonly conditions?: readonly TellingCondition[] }[];
  readonly ancestors?: readonly { readonly conditions?: readonly TellingCondition[] }[];
}

/** Of these a person wants to know in `kubectl describe` when they turn. */
const TELLING = new Set(['Accepted', 'Programmed', 'ResolvedRefs', 'Warning']);

/** Writes an Event for each condition that turns, or that is False for another cause: once a transition, not once a reconcile, and none for what the live object says already. */
export class ConditionTeller {
  readonly #events: Pick<EventRecorder, 'record'>;
  /** What was said last of each object: the status itself, which is in memory anyhow. */
  readonly #told = new Map<string, TellingStatus>();
  #leading = true;

  constructor(events: Pick<EventRecorder, 'record'>) {
    this.#events = events;
  }

  /** Whether this process tells. It begins with what the live objects say: the leader before may or may not have told of what is new since. */
  lead(leading: boolean): void {
    this.#leading = leading;
    this.#told.clear();
  }

  tell(live: KubernetesObject, desired: TellingStatus): void {
    // What is not known yet is told when it is.
    if (!this.#leading || desired.conditions?.some(({ provisional }) => provisional === true)) return;
    const id = identityOf(live);
    // Parsed JSON of a status that the API server has checked.
    const before = marksOf(this.#told.get(id) ?? ((live.status ?? {}) as TellingStatus));
    for (const condition of conditionsOf(desired)) {
      if (isNews(condition) && !before.has(markOf(condition))) this.#record(live, condition);
    }
    this.#told.set(id, desired);
  }

  /** The object is gone, or nothing is said of it any more. */
  forget(kind: string, key: string): void {
    this.#told.delete(`${kind} ${key}`);
  }

  #record(object: KubernetesObject, { type, status, reason, message }: TellingCondition): void {
    const isFine = status === 'True' && type !== 'Warning';
    this.#events.record({ object, type: isFine ? 'Normal' : 'Warning', reason, action: 'Reconcile', message });
  }
}

/** That references resolve is no news; that they do not is. What is pending says nothing yet. */
const isNews = ({ type, status, reason }: TellingCondition): boolean =>
  TELLING.has(type) && reason !== 'Pending' && !(type === 'ResolvedRefs' && status === 'True');

const conditionsOf = ({ conditions = [], parents = [], ancestors = [] }: TellingStatus): readonly TellingCondition[] => [
  ...conditions,
  ...[...parents, ...ancestors].flatMap((entry) => entry.conditions ?? []),
];

/** Where something is wrong, another message is another cause. */
const markOf = ({ type, status, reason, message }: TellingCondition): string =>
  `${type} ${status} ${reason} ${status === 'False' ? message : ''}`;
const marksOf = (status: TellingStatus): ReadonlySet<string> => new Set(conditionsOf(status).map(markOf));
const identityOf = ({ kind, metadata }: KubernetesObject): string =>
  `${kind} ${metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`}`;
