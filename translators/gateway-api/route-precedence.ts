import type { PathMatch, RouteMatchNode } from '../ir/route-node.ts';
import { type Age, compareAge } from './age.ts';

/** What decides which of two matching routes of a virtual host takes a request. */
export interface Precedence {
  readonly match: RouteMatchNode;
  readonly age: Age;
  readonly rule: number;
  readonly matchOrdinal: number;
}

const PATH_RANK = { Exact: 0, RegularExpression: 1, PathPrefix: 2 } as const;

/**
 * First is what Envoy tries first. The specification's order (HTTPRouteRule, "Proxy or Load Balancer routing configuration ... precedence"):
 * exact path, longest prefix, method, most headers, most query parameters, oldest route, namespace/name, place in the route. Regular
 * expressions, which it leaves open, stand between exact paths and prefixes (contract D.6).
 */
export const comparePrecedence = (a: Precedence, b: Precedence): number =>
  comparePath(a.match.path, b.match.path) ||
  Number(b.match.method !== undefined) - Number(a.match.method !== undefined) ||
  compareMatches(a.match.headers, b.match.headers) ||
  compareMatches(a.match.queryParams, b.match.queryParams) ||
  compareAge(a.age, b.age) ||
  a.rule - b.rule ||
  a.matchOrdinal - b.matchOrdinal;

const comparePath = (a: PathMatch, b: PathMatch): number => PATH_RANK[a.type] - PATH_RANK[b.type] || pathLength(b) - pathLength(a);

/** `/foo` and `/foo/` are the same prefix. */
const pathLength = (path: PathMatch): number =>
  path.type === 'PathPrefix' && path.value.endsWith('/') && path.value.length > 1 ? path.value.length - 1 : path.value.length;

type Matches = RouteMatchNode['headers'];

const exactOnes = (matches: Matches): number => matches.filter((match) => match.type === 'Exact').length;

/** More of them first, then more exact ones. */
const compareMatches = (a: Matches, b: Matches): number => b.length - a.length || exactOnes(b) - exactOnes(a);
