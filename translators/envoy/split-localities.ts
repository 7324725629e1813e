import type { LocalityLbEndpointsSchema } from '../../xds/proto/gen/envoy/config/endpoint/v3/endpoint_components_pb.ts';
import type { EndpointNode, EndpointShare } from '../ir/cluster-node.ts';
import type { MessageInit } from './message-init.ts';

type LocalityInit = MessageInit<typeof LocalityLbEndpointsSchema>;

/** All weights of a priority together fit into 32 bits (`LocalityLbEndpoints.load_balancing_weight`). */
const MAX_TOTAL = 2 ** 32 - 1;
/** Fine enough to divide a weight of 1 among the zones of a backend. */
const FINEST = 10_000;

/**
 * Several backends in one cluster: the localities of each are its own (`sub_zone`) and have its weight together, shared among them by the number
 * of their endpoints. Without a weight a locality is never chosen, but found by who asks for one of its endpoints.
 */
export function splitLocalities(
  shares: readonly EndpointShare[],
  localitiesOf: (endpoints: readonly EndpointNode[]) => LocalityInit[],
): LocalityInit[] {
  const total = shares.reduce((sum, { weight }) => sum + weight, 0);
  const scale = Math.min(FINEST, Math.floor(MAX_TOTAL / 2 / Math.max(1, total)));
  return withoutDoubles(shares).flatMap(({ name, weight, endpoints }) => {
    const localities = localitiesOf(endpoints);
    return localities.map((locality) => {
      const { loadBalancingWeight: members = 0, ...rest } = locality;
      const all = localities
        .filter(({ priority }) => priority === locality.priority)
        .reduce((sum, each) => sum + (each.loadBalancingWeight ?? 0), 0);
      const own = Math.max(1, Math.round((weight * scale * members) / all));
      return { ...rest, locality: { ...locality.locality, subZone: name }, ...(weight === 0 ? {} : { loadBalancingWeight: own }) };
    });
  });
}

/** An endpoint of two backends belongs to the first: a cluster has it once. */
function withoutDoubles(shares: readonly EndpointShare[]): readonly EndpointShare[] {
  const seen = new Set<string>();
  return shares.map((share) => ({
    ...share,
    endpoints: share.endpoints.filter(({ address, port }) => {
      const key = `${address}|${port}`;
      return !seen.has(key) && seen.add(key);
    }),
  }));
}
