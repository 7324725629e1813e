import type { Collection } from '../../graph/collection.ts';
import type { Graph } from '../../graph/graph.ts';
import type { OwnedListenerSet } from '../listeners/listener-sets.ts';
import { ownerKey } from '../listeners/listeners.ts';
import type { OwnedGateway } from '../owned-gateways.ts';

/** A Gateway of ours or a ListenerSet of one, and nothing more: routes ask for this, so that an edit of either wakes none of them. */
export interface KnownParent {
  /** `<Kind>/<ns>/<name>` */
  readonly owner: string;
  readonly gateway: string;
  /** Key of the ListenerSet, where it is one. */
  readonly set: string | undefined;
  /** Its listeners are the Gateway's. */
  readonly attached: boolean;
}

/** Keyed `<Kind>/<ns>/<name>`. */
export const knownParents = (
  graph: Graph,
  gateways: Collection<OwnedGateway>,
  sets: Collection<OwnedListenerSet>,
): Collection<KnownParent> =>
  graph.join<KnownParent>(
    'knownParents',
    graph.derive('knownGateways', gateways, function* (_gateway, _fetch, key) {
      const owner = ownerKey('Gateway', key);
      yield [owner, { owner, gateway: key, set: undefined, attached: true }];
    }),
    graph.derive('knownListenerSets', sets, function* ({ gateway, allowed }, _fetch, key) {
      const owner = ownerKey('ListenerSet', key);
      yield [owner, { owner, gateway, set: key, attached: allowed }];
    }),
  );
