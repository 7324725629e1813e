import type { CallMatch, PathMatch, RouteMatchNode, RouteProtocol } from '../../ir/route-node.ts';
import { type Age, compareAge } from '../age.ts';
import { compareNarrowed } from '../hostname.ts';

/** What decides which of two matching routes of a virtual host takes a request. */
export interface Precedence {
  /** As in `Candidate`; absent: the route names the host. */
  readonly narrowedFrom?: number;
  readonly protocol: RouteProtocol;
  readonly match: RouteMatchNode;
  readonly age: Age;
  readonly rule: number;
  readonly matchOrdinal: number;
}

const PATH_RANK = { Exact: 0, RegularExpression: 1, PathPrefix: 2 } as const;

/**
 * First is what Envoy tries first. Most characters in the hostname that the route names (HTTPRoute, `hostnames`), then the specification's order (HTTPRouteRule, "Proxy or Load Balancer routing configuration ... precedence"):
 * exact path, longest prefix, method, most headers, most query parameters, oldest route, namespace/name, place in the route. Regular
 * expressions are an implementation's own: in paths they stand between exact paths and prefixes, and of matches that are alike in all that the
 * specification counts, those with more exact values come first (contract D.6). Calls of gRPC have an order of their own up to the headers.
 */
export const comparePrecedence = (a: Precedence, b: Precedence): number =>
  compareNarrowed(a.narrowedFrom, b.narrowedFrom) ||
  compareProtocol(a.protocol, b.protocol) ||
  (a.protocol === 'grpc' ? compareCall(a.match.call, b.match.call) : compareRequest(a.match, b.match)) ||
  b.match.headers.length - a.match.headers.length ||
  b.match.queryParams.length - a.match.queryParams.length ||
  exactOnes(b.match.headers) - exactOnes(a.match.headers) ||
  exactOnes(b.match.queryParams) - exactOnes(a.match.queryParams) ||
  compareAge(a.age, b.age) ||
  a.rule - b.rule ||
  a.matchOrdinal - b.matchOrdinal;

/** Of one host all routes are of one kind (`kind-conflicts.ts`); the order is a whole one all the same. */
const compareProtocol = (a: RouteProtocol, b: RouteProtocol): number => Number(a === 'http') - Number(b === 'http');

const compareRequest = (a: RouteMatchNode, b: RouteMatchNode): number =>
  comparePath(a.path, b.path) || Number(b.method !== undefined) - Number(a.method !== undefined);

const NO_CALL: CallMatch = { type: 'Exact' };

/**
 * Most characters in the service, then in the method (GRPCRouteRule, `matches`). Exact names that match one call are as long as what they match, so
 * that only having one counts; a pattern that matches it matches as much, and comes after names (contract D.6).
 */
const compareCall = (a: CallMatch = NO_CALL, b: CallMatch = NO_CALL): number =>
  Number(b.service !== undefined) - Number(a.service !== undefined) ||
  Number(b.method !== undefined) - Number(a.method !== undefined) ||
  Number(a.type === 'RegularExpression') - Number(b.type === 'RegularExpression') ||
  nameLength(b.service) - nameLength(a.service) ||
  nameLength(b.method) - nameLength(a.method);

const nameLength = (name: string | undefined): number => name?.length ?? 0;

const comparePath = (a: PathMatch, b: PathMatch): number => PATH_RANK[a.type] - PATH_RANK[b.type] || pathLength(b) - pathLength(a);

/** `/foo` and `/foo/` are the same prefix. */
const pathLength = ({ type, value, written = value }: PathMatch): number =>
  type === 'PathPrefix' && value.endsWith('/') && value.length > 1 ? value.length - 1 : written.length;

type Matches = RouteMatchNode['headers'];

const exactOnes = (matches: Matches): number => matches.filter((match) => match.type === 'Exact').length;
