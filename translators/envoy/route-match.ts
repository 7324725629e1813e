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

/**
 * Every request that a match with patterns takes, and as few others as can be said without them: the conditions that are no patterns, and in place of a
 * pattern of paths what all paths begin with that it takes.
 */
export function patternlessMatchOf(match: RouteMatchNode): RouteMatch {
  const { path, headers, queryParams } = match;
  const isPlain = ({ type }: ValueMatch): boolean => type !== 'RegularExpression';
  const plain = routeMatchOf({ ...match, headers: headers.filter(isPlain), queryParams: queryParams.filter(isPlain) });
  if (path.type !== 'RegularExpression') return plain;
  return create(RouteMatchSchema, { ...plain, pathSpecifier: { case: 'prefix', value: literalPrefix(path.value) } });
}

/** What stands for itself in no place of a pattern (RE2). */
const SPECIAL = /[.\\+*?()|[\]{}^$]/;
/** What may take away the character before it; flags and empty quotations are no thing by themselves, so that a repetition after them is of that character. */
const MAY_REPEAT = /^[?*{]|\(\?|\\[QE]/;

/** The characters that every path begins with that a pattern takes; at least `/`, as all do. */
export function literalPrefix(pattern: string): string {
  const end = pattern.search(SPECIAL);
  const literal = [...(end < 0 ? pattern : pattern.slice(0, end))];
  if (end >= 0 && MAY_REPEAT.test(pattern.slice(end))) literal.pop();
  const prefix = pattern.includes('|') ? '' : literal.join('');
  return prefix.startsWith('/') ? prefix : '/';
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
