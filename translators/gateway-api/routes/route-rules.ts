import type { Route } from '../../../crds/gateway-api/route.ts';
import type { Collection, Index } from '../../graph/collection.ts';
import type { Graph } from '../../graph/graph.ts';
import type { BackendSources } from '../backends/backend-ref.ts';
import { brokenGrpcRules, grpcRules } from './grpc-rules.ts';
import { brokenHttpRules, httpRules } from './http-rules.ts';
import type { RouteRule } from './route-rule.ts';
import type { RuleContext } from './rule-backends.ts';
import { brokenStreamRules, streamRules } from './stream-rules.ts';

/** Keyed `<route>|<rule>`. A rule whose translation breaks the very first time answers with an error on its own matches. */
export function routeRules(graph: Graph, routes: Collection<Route>, sources: BackendSources): Collection<RouteRule> {
  return graph.derive('routeRules', routes, (route, fetch, key) => keyed(rulesOf(route, { key, fetch, sources })), {
    whenBroken: (route, key) => keyed(brokenRules(route, key)),
  });
}

export const rulesByRoute = (graph: Graph, rules: Collection<RouteRule>): Index<RouteRule> =>
  graph.index('rulesByRoute', rules, (rule) => [rule.route]);

const keyed = (rules: readonly RouteRule[]): readonly (readonly [string, RouteRule])[] =>
  rules.map((rule) => [`${rule.route}|${rule.ordinal}`, rule]);

function rulesOf(route: Route, context: RuleContext): readonly RouteRule[] {
  switch (route.kind) {
    case 'HTTPRoute':
      return httpRules(route, context);
    case 'GRPCRoute':
      return grpcRules(route, context);
    case 'TLSRoute':
    case 'TCPRoute':
    case 'UDPRoute':
      return streamRules(route, context);
  }
}

function brokenRules(route: Route, key: string): readonly RouteRule[] {
  switch (route.kind) {
    case 'HTTPRoute':
      return brokenHttpRules(route, key);
    case 'GRPCRoute':
      return brokenGrpcRules(route, key);
    case 'TLSRoute':
    case 'TCPRoute':
    case 'UDPRoute':
      return brokenStreamRules(route, key);
  }
}
