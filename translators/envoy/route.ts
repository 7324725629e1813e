import { create } from '@bufbuild/protobuf';
import {
  type Route,
  type RouteAction,
  RouteActionSchema,
  RouteSchema,
} from '../../xds/proto/gen/envoy/config/route/v3/route_components_pb.ts';
import { emitRoute } from '../features/emit-route.ts';
import type { RouteNode, RouteTimeouts } from '../ir/route-node.ts';
import { durationOf } from './duration.ts';
import type { MessageInit } from './message-init.ts';
import { metadataOf } from './metadata.ts';
import { clusterChoiceOf, INVALID_BACKEND_CLUSTER, serverError } from './route-backends.ts';
import { type MergedFragment, mergeFragments } from './route-fragment.ts';
import { preflightMatchOf, routeMatchOf } from './route-match.ts';

const HOUR_MS = 3_600_000;

/** The route of a match, without the preflight that its features may ask for. */
export function buildRoute(node: RouteNode): Route {
  return routeOf(node, mergeFragments(emitRoute(node)));
}

/** The route of a match and, where CORS needs one because the match names a method, that of its preflight. */
export function buildRoutes(node: RouteNode): readonly Route[] {
  const merged = mergeFragments(emitRoute(node));
  const route = routeOf(node, merged);
  const method = node.match.method;
  if (!merged.rest.preflight || method === undefined || method === 'OPTIONS') return [route];
  const preflight = create(RouteSchema, {
    ...route,
    name: `${node.name}/cors-preflight`,
    match: preflightMatchOf(node.match, method),
  });
  return [route, preflight];
}

/** The same match answering 500, whatever the features are: for a route that a proxy refused and for one that could not be built. */
export function safeRoute(node: RouteNode): Route {
  return create(RouteSchema, {
    name: node.name,
    match: routeMatchOf(node.match),
    action: { case: 'directResponse', value: serverError() },
    metadata: metadataOf([node.origin]),
  });
}

/** The clusters that a route sends to, mirrors included: sorted, each once. */
export function clustersOf(route: Route): readonly string[] {
  if (route.action.case !== 'route') return [];
  const { clusterSpecifier, requestMirrorPolicies } = route.action.value;
  const names = new Set(requestMirrorPolicies.map((mirror) => mirror.cluster));
  if (clusterSpecifier.case === 'cluster') names.add(clusterSpecifier.value);
  if (clusterSpecifier.case === 'weightedClusters') for (const { name } of clusterSpecifier.value.clusters) names.add(name);
  names.delete(INVALID_BACKEND_CLUSTER);
  return [...names].sort();
}

function routeOf(node: RouteNode, { headers, rest }: MergedFragment): Route {
  return create(RouteSchema, {
    name: node.name,
    match: routeMatchOf(node.match),
    action: rest.answer ?? actionOf(node, rest),
    metadata: metadataOf([node.origin]),
    ...headers,
  });
}

function actionOf(node: RouteNode, { rewrite, mirrors }: MergedFragment['rest']): NonNullable<MessageInit<typeof RouteSchema>['action']> {
  const choice = clusterChoiceOf(node.backends);
  if (choice === undefined) return { case: 'directResponse', value: serverError() };
  const value: RouteAction = create(RouteActionSchema, {
    ...choice,
    ...rewrite,
    requestMirrorPolicies: [...(mirrors ?? [])],
    ...timeoutFields(node.timeouts),
  });
  return { case: 'route', value };
}

/** A long request must not die of the five minutes that a stream may be idle (contract C.17, stream idle). */
function timeoutFields(timeouts: RouteTimeouts): Pick<MessageInit<typeof RouteActionSchema>, 'timeout' | 'idleTimeout'> {
  const timeout = timeoutMs(timeouts);
  if (timeout === undefined) return {};
  return { timeout: durationOf(timeout), idleTimeout: durationOf(timeout === 0 ? 0 : Math.max(HOUR_MS, timeout)) };
}

/** Without retries a request is one backend request, so the shorter of both counts. 0: none; undefined: Envoy's 15 seconds. */
function timeoutMs({ requestMs, backendRequestMs }: RouteTimeouts): number | undefined {
  const given = [requestMs, backendRequestMs].filter((value) => value !== undefined);
  const limits = given.filter((value) => value > 0);
  if (limits.length > 0) return Math.min(...limits);
  return given.length > 0 ? 0 : undefined;
}
