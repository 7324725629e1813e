import type { Route } from '../../../crds/gateway-api/route.ts';
import type { Collection } from '../../graph/collection.ts';
import type { Graph } from '../../graph/graph.ts';
import { splitRouteKey } from '../../ir/route-key.ts';
import type { KnownParent } from './known-parents.ts';
import { parentOf } from './route-parents.ts';

/** Routes of every kind with a parentRef to a Gateway of ours, or to a ListenerSet of one. Those of other controllers end here. */
export function ownedRoutes(graph: Graph, routes: Collection<Route>, known: Collection<KnownParent>): Collection<Route> {
  return graph.derive('ownedRoutes', routes, function* (route, fetch, key) {
    const { namespace } = splitRouteKey(key);
    const parents = (route.spec.parentRefs ?? []).map((ref) => parentOf(ref, namespace));
    if (parents.some((parent) => parent !== undefined && fetch.one(known, parent) !== undefined)) yield [key, route];
  });
}
