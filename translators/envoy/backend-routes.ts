import { create } from '@bufbuild/protobuf';
import { type RuntimeFractionalPercent, RuntimeFractionalPercentSchema } from '../../xds/proto/gen/envoy/config/core/v3/base_pb.ts';
import { FractionalPercent_DenominatorType } from '../../xds/proto/gen/envoy/type/v3/percent_pb.ts';
import { emitOwnRoute } from '../features/emit-route.ts';
import type { BackendShare, RouteNode } from '../ir/route-node.ts';
import type { RouteFragment } from './route-fragment.ts';

/** One backend's share of a route, as a route of its own. */
export interface BackendRoute {
  readonly node: RouteNode;
  /** What its filters put on the route, besides those of the rule. */
  readonly own: readonly RouteFragment[];
  /** It takes so many of a million requests, those of the routes before it among them; absent: all that are left. */
  readonly perMillion?: number;
}

const MILLION = 1_000_000;

/**
 * A weighted cluster cannot rewrite a path, nor answer by itself. Where a backendRef asks for that, every backend gets a route with the same
 * match, and takes its share by a fraction. Envoy draws one number for a request and holds it against each fraction: so the fractions of
 * routes that follow each other add up, and each backend gets what its weight says.
 * @returns undefined where one route with weighted clusters does
 */
export function backendRoutes(node: RouteNode): readonly BackendRoute[] | undefined {
  const shares = node.backends.filter((share) => share.weight > 0);
  const owns = shares.map((share) => (share.kind === 'Cluster' ? emitOwnRoute(share.features, node) : []));
  if (owns.every((own) => own.length === 0)) return undefined;
  const total = shares.reduce((sum, { weight }) => sum + weight, 0);
  let taken = 0;
  return shares.map((share, i) => {
    taken += share.weight;
    const route = { node: shareNode(node, share, i), own: owns[i] ?? [] };
    return i === shares.length - 1 ? route : { ...route, perMillion: Math.round((taken / total) * MILLION) };
  });
}

/** The first keeps the name of the route, which logs and patches know. */
const shareNode = (node: RouteNode, share: BackendShare, ordinal: number): RouteNode => ({
  ...node,
  name: ordinal === 0 ? node.name : `${node.name}/backend/${ordinal}`,
  backends: [share],
});

/** `RouteMatch.runtime_fraction` without a key that anybody could turn. */
export const fractionOf = (perMillion: number): RuntimeFractionalPercent =>
  create(RuntimeFractionalPercentSchema, {
    defaultValue: { numerator: perMillion, denominator: FractionalPercent_DenominatorType.MILLION },
  });
