import type { BackendShare } from '../ir/route-node.ts';
import { INVALID_BACKEND_CLUSTER } from './route-backends.ts';

/** A cluster and its share of connections or datagrams. */
export interface WeightedClusterName {
  readonly name: string;
  readonly weight: number;
}

/**
 * Where bytes go. What is invalid goes to a cluster that never exists, which closes a connection and drops a datagram ("Connection
 * rejections must respect weight", TCPRouteRule `backendRefs`); so does everything where nothing has a weight. Never empty.
 */
export function streamShares(backends: readonly BackendShare[]): readonly [WeightedClusterName, ...WeightedClusterName[]] {
  const shares = backends
    .filter(({ weight }) => weight > 0)
    .map((share) => ({ name: share.kind === 'Cluster' ? share.cluster : INVALID_BACKEND_CLUSTER, weight: share.weight }));
  const [first, ...rest] = shares;
  return first === undefined ? [{ name: INVALID_BACKEND_CLUSTER, weight: 1 }] : [first, ...rest];
}

/** The clusters that have to be there first. */
export const clustersOfShares = (backends: readonly BackendShare[]): readonly string[] => [
  ...new Set(streamShares(backends).flatMap(({ name }) => (name === INVALID_BACKEND_CLUSTER ? [] : [name]))),
];
