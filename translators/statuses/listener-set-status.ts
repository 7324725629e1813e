import type { OwnedListenerSet } from '../gateway-api/listeners/listener-sets.ts';
import { listenerKey } from '../gateway-api/listeners/listeners.ts';
import type { Collection } from '../graph/collection.ts';
import type { Graph } from '../graph/graph.ts';
import { type ConditionNode, type Draft, fails, holds, stamped } from './condition.ts';
import { deliveryOf, type FleetDelivery } from './delivery.ts';
import { invalidNames, type JudgedListener, type ListenerStatus, listenerStatus } from './listener-status.ts';

export interface ListenerSetStatus {
  readonly conditions: readonly ConditionNode[];
  readonly listeners: readonly ListenerStatus[];
}

export interface ListenerSetSources {
  readonly sets: Collection<OwnedListenerSet>;
  readonly judged: Collection<JudgedListener>;
  readonly deliveries: Collection<FleetDelivery>;
}

/** Keyed by ListenerSet. */
export function listenerSetStatuses(graph: Graph, { sets, judged, deliveries }: ListenerSetSources): Collection<ListenerSetStatus> {
  return graph.derive('listenerSetStatuses', sets, function* (set, fetch, key) {
    const listeners = set.listeners.flatMap(({ name }) => fetch.one(judged, listenerKey(set.gateway, key, name)) ?? []);
    const drafts = [accepted(set, listeners), programmed(set, listeners, fetch.one(deliveries, set.fleet))];
    yield [
      key,
      {
        conditions: stamped(drafts, set.generation),
        listeners: listeners.map((listener) => listenerStatus(listener, set.generation)),
      },
    ];
  });
}

/** How many ListenerSets each Gateway has taken (Gateway.status.attachedListenerSets). */
export const attachedSetCounts = (
  graph: Graph,
  sets: Collection<OwnedListenerSet>,
  statuses: Collection<ListenerSetStatus>,
): Collection<number> =>
  graph.count(
    'attachedListenerSets',
    graph.derive<ListenerSetStatus, string>('acceptedListenerSets', statuses, function* ({ conditions }, fetch, key) {
      const set = fetch.one(sets, key);
      if (set !== undefined && conditions.some(({ type, status }) => type === 'Accepted' && status === 'True')) yield [key, set.gateway];
    }),
    (gateway) => [gateway],
  );

/** One listener that is fit for traffic is enough (conformance, ListenerSetHostnameConflict). */
function accepted({ problem }: OwnedListenerSet, listeners: readonly JudgedListener[]): Draft {
  if (problem !== undefined) return fails('Accepted', problem.reason, problem.message);
  const invalid = invalidNames(listeners);
  if (invalid.length === 0) return holds('Accepted', 'Accepted', 'The ListenerSet is attached to its Gateway.');
  const message = notValid(invalid);
  return invalid.length < listeners.length
    ? holds('Accepted', 'ListenersNotValid', message)
    : fails('Accepted', 'ListenersNotValid', message);
}

const notValid = (names: readonly string[]): string => `These listeners are not valid: ${names.join(', ')}; their own conditions say why.`;

function programmed(
  { gateway, problem }: OwnedListenerSet,
  listeners: readonly JudgedListener[],
  delivery: FleetDelivery | undefined,
): Draft {
  if (problem !== undefined) {
    const reason = problem.reason === 'NotAllowed' ? 'NotAllowed' : 'ParentNotProgrammed';
    return fails('Programmed', reason, 'The ListenerSet is not accepted; its condition Accepted says why.');
  }
  const serving = listeners.filter(({ serves }) => serves);
  if (serving.length === 0) return fails('Programmed', 'ListenersNotValid', notValid(invalidNames(listeners)));
  const refused = serving.find((listener) => listener.refused !== undefined)?.refused;
  const undelivered = deliveryOf(delivery, []);
  if (undelivered !== undefined) {
    return { ...undelivered, reason: 'ParentNotProgrammed', message: `Gateway ${gateway} is not programmed: ${undelivered.message}` };
  }
  return refused ?? holds('Programmed', 'Programmed', 'The listeners of the ListenerSet are programmed.');
}
