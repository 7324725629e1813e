import type { HTTPRoute } from '../../crds/gateway-api/http-route.ts';
import type { Collection } from '../graph/collection.ts';
import type { Graph } from '../graph/graph.ts';
import { splitKey } from '../ir/object-key.ts';
import { gatewayOf } from './route-parents.ts';

/** Routes with a parentRef to a Gateway of ours. Those of other controllers end here. */
export function ownedRoutes(graph: Graph, routes: Collection<HTTPRoute>, known: Collection<true>): Collection<HTTPRoute> {
  return graph.derive('ownedRoutes', routes, function* (route, fetch, key) {
    const { namespace } = splitKey(key);
    const parents = (route.spec.parentRefs ?? []).map((ref) => gatewayOf(ref, namespace));
    if (parents.some((gateway) => gateway !== undefined && fetch.one(known, gateway) !== undefined)) yield [key, route];
  });
}
