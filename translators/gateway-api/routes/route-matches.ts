import type { HTTPRouteRule } from '../../../crds/gateway-api/http-route.ts';
import { checkRegex } from '../../envoy/regex.ts';
import { widenRegex } from '../../envoy/widen-regex.ts';
import type { Problem } from '../../ir/problem.ts';
import type { PathMatch, RouteMatchNode, ValueMatch } from '../../ir/route-node.ts';

type Match = HTTPRouteRule['matches'][number];
type Values = readonly ValueMatch[];

/** What a rule without matches takes. */
export const EVERYTHING: RouteMatchNode = { path: { type: 'PathPrefix', value: '/' }, headers: [], queryParams: [] };

/** The matches of a rule as IR; a rule without any takes everything. In place of patterns that Envoy does not take there are wider ones: the rule is refused then. */
export const matchNodes = (rule: HTTPRouteRule): readonly RouteMatchNode[] =>
  rule.matches.length === 0 ? [EVERYTHING] : rule.matches.map(matchNode);

const matchNode = (match: Match): RouteMatchNode => ({
  path: match.path.type === 'RegularExpression' ? patternOf(match.path.value) : { type: match.path.type, value: match.path.value },
  headers: firstOfEach(match.headers ?? [], (name) => name.toLowerCase()),
  queryParams: firstOfEach(match.queryParams ?? [], (name) => name),
  ...(match.method === undefined ? {} : { method: match.method }),
});

/** A pattern, or the wider one that stands in for it. */
export function patternOf(written: string, value = widenRegex(written)): Pattern {
  return { type: 'RegularExpression', value, ...(value === written ? {} : { written }) };
}

type Pattern = Pick<PathMatch, 'value' | 'written'> & { readonly type: 'RegularExpression' };

/** Of several entries with one name only the first counts (HTTPHeaderMatch and HTTPQueryParamMatch, `name`). */
export function firstOfEach(values: Values, canonical: (name: string) => string): readonly ValueMatch[] {
  const found = new Map<string, ValueMatch>();
  for (const { type, name, value } of values) {
    const key = canonical(name);
    if (!found.has(key)) found.set(key, { name: key, ...(type === 'RegularExpression' ? patternOf(value) : { type, value }) });
  }
  return [...found.values()];
}

/** Regular expressions that Envoy's RE2 would refuse; it would refuse the whole route configuration with them. */
export const matchProblems = (rule: HTTPRouteRule, ordinal: number): readonly Problem[] =>
  rule.matches.flatMap((match, index) => matchProblem(match, `spec.rules[${ordinal}].matches[${index}]`));

function matchProblem(match: Match, at: string): readonly Problem[] {
  const path = match.path.type === 'RegularExpression' ? [[`${at}.path.value`, match.path.value] as const] : [];
  const values = [...patterns(match.headers ?? [], `${at}.headers`), ...patterns(match.queryParams ?? [], `${at}.queryParams`)];
  return [...path, ...values].flatMap(([field, pattern]) => {
    const complaint = checkRegex(pattern);
    return complaint === undefined ? [] : [unusable(field, pattern, complaint)];
  });
}

/** The values that are patterns, with the fields that they stand in. */
export const patterns = (values: Values, at: string): readonly (readonly [field: string, pattern: string])[] =>
  values.flatMap((value, index) => (value.type === 'RegularExpression' ? [[`${at}[${index}].value`, value.value] as const] : []));

export const unusable = (field: string, pattern: string, complaint: string): Problem => ({
  type: 'Accepted',
  reason: 'UnsupportedValue',
  message: `Field ${field}: "${pattern}" is no regular expression that Envoy takes (RE2): ${complaint}; correct the pattern. Until then all that "${widenRegex(pattern)}" takes gets an error.`,
});
