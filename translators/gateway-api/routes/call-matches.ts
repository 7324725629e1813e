import type { GRPCMethodMatch, GRPCRouteMatch } from '../../../crds/gateway-api/grpc-route-match.ts';
import { checkRegex, quoteRegex } from '../../envoy/regex.ts';
import { widenRegex } from '../../envoy/widen-regex.ts';
import type { Problem } from '../../ir/problem.ts';
import type { CallMatch, PathMatch, RouteMatchNode } from '../../ir/route-node.ts';
import { EVERYTHING, firstOfEach, patternOf, patterns, unusable } from './route-matches.ts';

interface Matching {
  readonly matches?: readonly GRPCRouteMatch[];
}

/** The matches of a rule of a GRPCRoute as IR, as `matchNodes` are of an HTTPRoute; a rule without any takes every call. */
export const callMatchNodes = ({ matches = [] }: Matching): readonly RouteMatchNode[] =>
  matches.length === 0 ? [EVERYTHING] : matches.map(matchNode);

const matchNode = ({ method, headers = [] }: GRPCRouteMatch): RouteMatchNode => ({
  ...callOf(method),
  headers: firstOfEach(headers, (name) => name.toLowerCase()),
  queryParams: [],
});

/** Empty names are any name (GRPCMethodMatch, `service` and `method`). */
function callOf(match: GRPCMethodMatch | undefined): Pick<RouteMatchNode, 'path' | 'call'> {
  const service = match?.service || undefined;
  const method = match?.method || undefined;
  if (match === undefined || (service === undefined && method === undefined)) return { path: EVERYTHING.path };
  const call: CallMatch = {
    type: match.type,
    ...(service === undefined ? {} : { service }),
    ...(method === undefined ? {} : { method }),
  };
  return { path: pathOf(call), call };
}

/** A call is a request for `/<service>/<method>` (gRPC over HTTP/2, "Path"); neither part has a slash. */
const ANY_NAME = '[^/]+';

/** Compared as a whole, so that no other spelling of a path passes for a method (contract C.17). */
function pathOf({ type, service, method }: CallMatch): PathMatch {
  if (type === 'Exact' && service !== undefined) {
    return method === undefined ? { type: 'PathPrefix', value: `/${service}` } : { type: 'Exact', value: `/${service}/${method}` };
  }
  const whole = (partOf: (pattern: string) => string): string => {
    const [first, second] = [service, method].map((given) => (given === undefined ? ANY_NAME : partOf(given)));
    return `/${first}/${second}`;
  };
  if (type === 'Exact') return { type: 'RegularExpression', value: whole(quoteRegex) };
  const written = whole((pattern) => `(?:${withoutAnchors(pattern)})`);
  return patternOf(written, widenRegex(whole((pattern) => `(?:${withoutAnchors(widenRegex(pattern))})`)));
}

/** A pattern has to match the whole of a name anyway, but in the middle of a path anchors would match nothing. */
const withoutAnchors = (pattern: string): string => pattern.replace(/^\^/, '').replace(/(?<!\\)\$$/, '');

/** Regular expressions that Envoy's RE2 would refuse; it would refuse the whole route configuration with them. */
export const callMatchProblems = ({ matches = [] }: Matching, ordinal: number): readonly Problem[] =>
  matches.flatMap((match, index) => matchProblem(match, `spec.rules[${ordinal}].matches[${index}]`));

function matchProblem({ method, headers = [] }: GRPCRouteMatch, at: string): readonly Problem[] {
  const names =
    method?.type === 'RegularExpression'
      ? ([
          ['service', method.service],
          ['method', method.method],
        ] as const)
      : [];
  const ofNames = names.flatMap(([field, pattern]) => (pattern ? [[`${at}.method.${field}`, pattern] as const] : []));
  const own = [...ofNames, ...patterns(headers, `${at}.headers`)].flatMap(([field, pattern]) => complaintOf(field, pattern));
  if (own.length > 0 || ofNames.length === 0) return own;
  // Both are good by themselves, and too much for RE2 as one.
  const { written } = callOf(method).path;
  return written === undefined ? [] : complaintOf(`${at}.method`, written);
}

function complaintOf(field: string, pattern: string): readonly Problem[] {
  const complaint = checkRegex(pattern);
  return complaint === undefined ? [] : [unusable(field, pattern, complaint)];
}
