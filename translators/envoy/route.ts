import { create } from '@bufbuild/protobuf';
import {
  type Route,
  type RouteAction,
  RouteActionSchema,
  type RouteMatch,
  RouteSchema,
} from '../../xds/proto/gen/envoy/config/route/v3/route_components_pb.ts';
import { emitRoute } from '../features/emit-route.ts';
import type { RouteNode } from '../ir/route-node.ts';
import { backendRoutes, fractionOf } from './backend-routes.ts';
import type { MessageInit } from './message-init.ts';
import { routeMetadataOf } from './metadata.ts';
import { backendsEditHeaders, clusterChoiceOf, INVALID_BACKEND_CLUSTER, serverError } from './route-backends.ts';
import { type HeaderFields, type MergedFragment, mergeFragments, type RouteAnswer, type RouteFragment } from './route-fragment.ts';
import { namedPortMatchOf, patternlessMatchOf, preflightMatchOf, routeMatchOf } from './route-match.ts';
import { CALL_LIMITS, timeoutFields } from './route-timeouts.ts';

/** The route of a match, without the preflight that its features may ask for. */
export function buildRoute(node: RouteNode): Route {
  return routeOf(node, mergeFragments(emitRoute(node)));
}

/** The route of a match and, where CORS needs one because the match names a method, that of its preflight. */
export function buildRoutes(node: RouteNode): readonly Route[] {
  const ofRule = emitRoute(node);
  const merged = mergeFragments(ofRule);
  const routes = merged.rest.answer === undefined ? shareRoutes(node, ofRule, merged) : answeringRoutes(node, merged);
  const method = node.match.method;
  const last = routes.at(-1);
  if (!merged.rest.preflight || method === undefined || method === 'OPTIONS' || last === undefined) return routes;
  const preflight = create(RouteSchema, {
    ...last,
    name: `${node.name}/cors-preflight`,
    match: preflightMatchOf(node.match, method),
  });
  return [...routes, preflight];
}

/** One route, or one for each backend where a backend does what only a route can. */
function shareRoutes(node: RouteNode, ofRule: readonly RouteFragment[], merged: MergedFragment): readonly Route[] {
  const shares = backendRoutes(node);
  if (shares === undefined) return [routeOf(node, merged)];
  return shares.flatMap(({ node: share, own, perMillion }) => {
    const routes = answeringRoutes(share, own.length === 0 ? merged : mergeFragments([...ofRule, ...own]));
    if (perMillion === undefined) return routes;
    return routes.map((route) =>
      create(RouteSchema, { ...route, match: { ...(route.match ?? routeMatchOf(node.match)), runtimeFraction: fractionOf(perMillion) } }),
    );
  });
}

/** One route and, where its answer depends on it, another for clients that name a port. */
function answeringRoutes(node: RouteNode, merged: MergedFragment): readonly Route[] {
  const route = routeOf(node, merged);
  const { answer } = merged.rest;
  if (answer?.case !== 'redirect' || answer.toNamedPort === undefined) return [route];
  const named = { ...merged, rest: { ...merged.rest, answer: { case: answer.case, value: answer.toNamedPort } } };
  const withPort = routeOf({ ...node, name: `${node.name}/named-port` }, named);
  withPort.match = namedPortMatchOf(routeMatchOf(node.match));
  return [withPort, route];
}

/** The same match answering with an error, whatever the features are: for a route that a proxy refused and for one that could not be built. */
export const safeRoute = (node: RouteNode): Route => errorRoute(node, routeMatchOf(node.match));

/** The same without patterns: for a route that a proxy may have refused for a pattern. */
export const closingRoute = (node: RouteNode): Route => errorRoute(node, patternlessMatchOf(node.match));

function errorRoute(node: RouteNode, match: RouteMatch): Route {
  return create(RouteSchema, {
    name: node.name,
    match,
    action: { case: 'directResponse', value: serverError(node.protocol) },
    ...routeMetadataOf(node.origin),
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

function routeOf(node: RouteNode, { headers: { typedPerFilterConfig, ...edits }, rest }: MergedFragment): Route {
  const apart = rest.answer === undefined && backendsEditHeaders(node.backends);
  return create(RouteSchema, {
    name: node.name,
    match: routeMatchOf(node.match),
    action: rest.answer === undefined ? actionOf(node, rest, apart ? edits : undefined) : actionOfAnswer(rest.answer),
    ...routeMetadataOf(node.origin),
    typedPerFilterConfig,
    ...(apart ? {} : edits),
  });
}

const actionOfAnswer = (answer: RouteAnswer): NonNullable<MessageInit<typeof RouteSchema>['action']> =>
  answer.case === 'redirect' ? { case: 'redirect', value: answer.value } : answer;

function actionOf(
  node: RouteNode,
  { rewrite, retry, mirrors }: MergedFragment['rest'],
  edits: HeaderFields | undefined,
): NonNullable<MessageInit<typeof RouteSchema>['action']> {
  const choice = clusterChoiceOf(node, edits);
  if (choice === undefined) return { case: 'directResponse', value: serverError(node.protocol) };
  const value: RouteAction = create(RouteActionSchema, {
    ...choice,
    ...rewrite,
    ...(retry === undefined ? {} : { retryPolicy: retry }),
    requestMirrorPolicies: [...(mirrors ?? [])],
    ...(node.protocol === 'grpc' ? CALL_LIMITS : timeoutFields(node.timeouts)),
  });
  return { case: 'route', value };
}
