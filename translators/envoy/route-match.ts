import { create } from '@bufbuild/protobuf';
import {
  type HeaderMatcherSchema,
  type QueryParameterMatcherSchema,
  type RouteMatch,
  RouteMatchSchema,
} from '../../xds/proto/gen/envoy/config/route/v3/route_components_pb.ts';
import type { StringMatcherSchema } from '../../xds/proto/gen/envoy/type/matcher/v3/string_pb.ts';
import type { PathMatch, RouteMatchNode, ValueMatch } from '../ir/route-node.ts';
import type { MessageInit } from './message-init.ts';

type PathSpecifier = NonNullable<MessageInit<typeof RouteMatchSchema>['pathSpecifier']>;
type HeaderMatcherInit = MessageInit<typeof HeaderMatcherSchema>;
type StringMatcherInit = MessageInit<typeof StringMatcherSchema>;

/** The conditions of a route. Envoy matches regular expressions in full, paths without their query. */
export function routeMatchOf(match: RouteMatchNode): RouteMatch {
  const method = match.method === undefined ? [] : [headerEquals(':method', match.method)];
  return matchWith(match, method);
}

function matchWith(match: RouteMatchNode, more: readonly HeaderMatcherInit[]): RouteMatch {
  return create(RouteMatchSchema, {
    pathSpecifier: pathSpecifierOf(match.path),
    headers: [...more, ...match.headers.map(headerMatcherOf)],
    queryParameters: match.queryParams.map(queryParameterMatcherOf),
  });
}

/** The preflight of a route that matches a method: a browser sends it as OPTIONS and names the method in a header (Fetch standard, CORS protocol). */
export function preflightMatchOf(match: RouteMatchNode, method: string): RouteMatch {
  return matchWith(match, [
    headerEquals(':method', 'OPTIONS'),
    { name: 'origin', headerMatchSpecifier: { case: 'presentMatch', value: true } },
    headerEquals('access-control-request-method', method),
  ]);
}

/** `/foo/` and `/foo` are one prefix, and neither matches `/foobar` (HTTPRoute, PathMatchPathPrefix). */
export const trimmedPrefix = (prefix: string): string => prefix.replace(/\/+$/, '');

function pathSpecifierOf({ type, value }: PathMatch): PathSpecifier {
  switch (type) {
    case 'Exact':
      return { case: 'path', value };
    case 'RegularExpression':
      return { case: 'safeRegex', value: { regex: value } };
    case 'PathPrefix': {
      const prefix = trimmedPrefix(value);
      return prefix === '' ? { case: 'prefix', value: '/' } : { case: 'pathSeparatedPrefix', value: prefix };
    }
  }
}

const headerEquals = (name: string, value: string): HeaderMatcherInit => headerMatcherOf({ type: 'Exact', name, value });

function headerMatcherOf(match: ValueMatch): HeaderMatcherInit {
  return { name: match.name, headerMatchSpecifier: { case: 'stringMatch', value: stringMatcherOf(match) } };
}

function queryParameterMatcherOf(match: ValueMatch): MessageInit<typeof QueryParameterMatcherSchema> {
  return { name: match.name, queryParameterMatchSpecifier: { case: 'stringMatch', value: stringMatcherOf(match) } };
}

function stringMatcherOf({ type, value }: ValueMatch): StringMatcherInit {
  return type === 'Exact' ? { matchPattern: { case: 'exact', value } } : { matchPattern: { case: 'safeRegex', value: { regex: value } } };
}
