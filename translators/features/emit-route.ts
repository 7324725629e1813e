import type { Any } from '@bufbuild/protobuf/wkt';
import type { RouteFragment, WeightedClusterFragment } from '../envoy/route-fragment.ts';
import type { FeatureFragment } from '../ir/feature-fragment.ts';
import type { RouteNode } from '../ir/route-node.ts';
import type { Feature } from './policy-feature.ts';
import { FEATURES } from './registry.ts';

const BY_ID: ReadonlyMap<string, Feature> = new Map(FEATURES.map((feature) => [feature.id, feature]));

/** What the features of a rule put on its routes. */
export function emitRoute(node: RouteNode): readonly RouteFragment[] {
  return node.features.map(({ feature, ir }) => featureOf(feature).emits.route?.(ir, node) ?? {});
}

/** What the features of a backendRef put on its share. */
export function emitBackend(features: readonly FeatureFragment[]): readonly WeightedClusterFragment[] {
  return features.map(({ feature, ir }) => featureOf(feature).emits.backend?.(ir) ?? {});
}

/** What the features of a backendRef put on a route for its share alone. */
export function emitOwnRoute(features: readonly FeatureFragment[], node: RouteNode): readonly RouteFragment[] {
  return features.flatMap(({ feature, ir }) => featureOf(feature).emits.ownRoute?.(ir, node) ?? []);
}

/** What all requests of a listener pass before a route is chosen, in this order. */
export function emitListenerFilters(features: readonly FeatureFragment[]): readonly Any[] {
  return features.flatMap(({ feature, ir }) => featureOf(feature).emits.listener?.(ir) ?? []);
}

function featureOf(id: string): Feature {
  const feature = BY_ID.get(id);
  if (feature === undefined) throw new Error(`No feature is registered as ${id}`);
  return feature;
}
