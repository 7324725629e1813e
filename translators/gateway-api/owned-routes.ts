import type { Route } from '../../crds/gateway-api/route.ts';
import type { Collection } from '../graph/collection.ts';
import type { Graph } from '../graph/graph.ts';
import { splitRouteKey } from '../ir/route-key.ts';
import { gatewayOf } from './route-parents.ts';

/** Routes of every kind with a parentRef to a Gateway of ours. Those of other controllers end here. */
export function ownedRoutes(graph: Graph, routes: Collection<Route>, known: Collection<true>): Collection<Route> {
  return graph.derive('ownedRoutes', routes, function* (route, fetch, key) {
    const { namespace } = splitRouteKey(key);
    const parents = (route.spec.parentRefs ?? []).map((ref) => gatewayOf(ref, namespace));
    if (parents.some((gateway) => gateway !== undefined && fetch.one(known, gateway) !== undefined)) yield [key, route];
  });
}
