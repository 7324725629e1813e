import type { MessageInitShape } from '@bufbuild/protobuf';
import type { HeaderMatcherSchema, RouteMatchSchema } from '../../xds/proto/gen/envoy/config/route/v3/route_components_pb.ts';
import type { StringMatcherSchema } from '../../xds/proto/gen/envoy/type/matcher/v3/string_pb.ts';
import type { PathMatch, RouteMatchNode, ValueMatch } from '../ir/route-node.ts';

type RouteMatchInit = Exclude<MessageInitShape<typeof RouteMatchSchema>, { $typeName: string }>;
type HeaderMatcherInit = MessageInitShape<typeof HeaderMatcherSchema>;
type StringMatcherInit = MessageInitShape<typeof StringMatcherSchema>;

/** The conditions of a route. Envoy matches regular expressions in full, paths without their query. */
export function routeMatchOf(match: RouteMatchNode): RouteMatchInit {
  return {
    pathSpecifier: pathSpecifierOf(match.path),
    headers: [...methodMatchers(match.method), ...match.headers.map(headerMatcherOf)],
    queryParameters: match.queryParams.map((param) => ({
      name: param.name,
      queryParameterMatchSpecifier: { case: 'stringMatch', value: stringMatcherOf(param) },
    })),
  };
}

/** The preflight of a route that matches a method: a browser sends it as OPTIONS and names the method in a header (Fetch standard, CORS protocol). */
export function preflightMatchOf(match: RouteMatchNode, method: string): RouteMatchInit {
  const asked: HeaderMatcherInit[] = [
    headerEquals(':method', 'OPTIONS'),
    { name: 'origin', headerMatchSpecifier: { case: 'presentMatch', value: true } },
    headerEquals('access-control-request-method', method),
  ];
  return { ...routeMatchOf(match), headers: [...asked, ...match.headers.map(headerMatcherOf)] };
}

/** `/foo/` and `/foo` are one prefix, and neither matches `/foobar` (HTTPRoute, PathMatchPathPrefix). */
export const trimmedPrefix = (prefix: string): string => prefix.replace(/\/+$/, '');

function pathSpecifierOf({ type, value }: PathMatch): NonNullable<RouteMatchInit['pathSpecifier']> {
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

const methodMatchers = (method: string | undefined): HeaderMatcherInit[] => (method === undefined ? [] : [headerEquals(':method', method)]);

const headerEquals = (name: string, value: string): HeaderMatcherInit => headerMatcherOf({ type: 'Exact', name, value });

function headerMatcherOf(match: ValueMatch): HeaderMatcherInit {
  return { name: match.name, headerMatchSpecifier: { case: 'stringMatch', value: stringMatcherOf(match) } };
}

function stringMatcherOf({ type, value }: ValueMatch): StringMatcherInit {
  return type === 'Exact'
    ? { matchPattern: { case: 'exact', value } }
    : { matchPattern: { case: 'safeRegex', value: { regex: value } } };
}
