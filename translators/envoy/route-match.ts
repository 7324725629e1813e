import { create } from '@bufbuild/protobuf';
import {
  HeaderMatcherSchema,
  QueryParameterMatcherSchema,
  type RouteMatch,
  RouteMatchSchema,
} from '../../xds/proto/gen/envoy/config/route/v3/route_components_pb.ts';
import type { StringMatcherSchema } from '../../xds/proto/gen/envoy/type/matcher/v3/string_pb.ts';
import type { PathMatch, RouteMatchNode, ValueMatch } from '../ir/route-node.ts';
import { literalPrefix } from './literal-prefix.ts';
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

/**
 * Every request that a match with patterns takes, and as few others as can be said without them: in place of a pattern of paths what all paths begin with
 * that it takes, in place of one of a header or a query parameter that there is one.
 */
export function patternlessMatchOf(match: RouteMatchNode): RouteMatch {
  const { path, headers, queryParams } = match;
  const plain = routeMatchOf({ ...match, headers: headers.filter(isPlain), queryParams: queryParams.filter(isPlain) });
  const present = { case: 'presentMatch', value: true } as const;
  const withHeaders = namesOfPatterns(headers).map((name) => create(HeaderMatcherSchema, { name, headerMatchSpecifier: present }));
  const withParameters = namesOfPatterns(queryParams).map((name) =>
    create(QueryParameterMatcherSchema, { name, queryParameterMatchSpecifier: present }),
  );
  return create(RouteMatchSchema, {
    ...plain,
    ...(path.type === 'RegularExpression' ? { pathSpecifier: { case: 'prefix', value: literalPrefix(path.value) } } : {}),
    headers: [...plain.headers, ...withHeaders],
    queryParameters: [...plain.queryParameters, ...withParameters],
  });
}

const isPlain = ({ type }: ValueMatch): boolean => type !== 'RegularExpression';
const namesOfPatterns = (values: readonly ValueMatch[]): readonly string[] => values.filter((one) => !isPlain(one)).map(({ name }) => name);

/** The preflight of a route that matches a method: a browser sends it as OPTIONS and names the method in a header (Fetch standard, CORS protocol). */
export function preflightMatchOf(match: RouteMatchNode, method: string): RouteMatch {
  return matchWith(match, [
    headerEquals(':method', 'OPTIONS'),
    { name: 'origin', headerMatchSpecifier: { case: 'presentMatch', value: true } },
    headerEquals('access-control-request-method', method),
  ]);
}

/** `host:port`; the colons of an IPv6 address stand between brackets. */
const NAMED_PORT = create(HeaderMatcherSchema, {
  name: ':authority',
  headerMatchSpecifier: { case: 'stringMatch', value: { matchPattern: { case: 'safeRegex', value: { regex: '.*:[0-9]+' } } } },
});

/** Of the requests of a match those whose client names a port beside the host. */
export function namedPortMatchOf(match: RouteMatch): RouteMatch {
  return create(RouteMatchSchema, { ...match, headers: [...match.headers, NAMED_PORT] });
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
