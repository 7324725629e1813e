import type { HTTPHeader, HTTPHeaderFilter } from '../../crds/gateway-api/http-header.ts';
import { HeaderValueOption_HeaderAppendAction } from '../../xds/proto/gen/envoy/config/core/v3/base_pb.ts';
import type { HeaderMutations, HeaderToAdd } from '../envoy/route-fragment.ts';
import type { Problem } from '../ir/problem.ts';
import { ok, type Result, refused } from '../ir/result.ts';
import { unsupportedValue } from './unsupported.ts';

/** The edits of a header modifier: names as given, each once. */
export interface HeaderEdits {
  readonly set: readonly HTTPHeader[];
  readonly add: readonly HTTPHeader[];
  readonly remove: readonly string[];
}

/** RFC 9110, 5.6.2: what a header name may consist of. */
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** RFC 9110, 5.5, without what Envoy refuses: control characters other than the tab. */
const VALUE = /^[\t\u0020-\u007e\u0080-\uffff]*$/;
/** Envoy keeps at most so many bytes of a value (`HeaderValue.value`). */
const MAX_VALUE_BYTES = 16_384;

/**
 * Refuses what Envoy would refuse together with all other routes, and actions of different types for one header (HTTPHeaderFilter: such a filter is
 * invalid). Of several entries of one type for one header the first counts, as the specification asks.
 */
export function resolveHeaderEdits(spec: HTTPHeaderFilter, field: string): Result<HeaderEdits> {
  const names = [
    ...(spec.set ?? []).map(({ name }, i) => [name, `${field}.set[${i}].name`] as const),
    ...(spec.add ?? []).map(({ name }, i) => [name, `${field}.add[${i}].name`] as const),
    ...(spec.remove ?? []).map((name, i) => [name, `${field}.remove[${i}]`] as const),
  ];
  const values = [
    ...(spec.set ?? []).map(({ value }, i) => [value, `${field}.set[${i}].value`] as const),
    ...(spec.add ?? []).map(({ value }, i) => [value, `${field}.add[${i}].value`] as const),
  ];
  const problem = firstProblem(names, nameProblem) ?? firstProblem(values, valueProblem) ?? contradiction(spec, field);
  if (problem !== undefined) return refused(problem);
  return ok({ set: firstOfEach(spec.set ?? []), add: firstOfEach(spec.add ?? []), remove: spec.remove ?? [] });
}

/** Envoy's words for the edits; it removes before it adds. */
export function headerMutationsOf({ set, add, remove }: HeaderEdits): HeaderMutations {
  const { OVERWRITE_IF_EXISTS_OR_ADD, APPEND_IF_EXISTS_OR_ADD } = HeaderValueOption_HeaderAppendAction;
  return {
    toAdd: [
      ...set.map((header) => headerToAdd(header, OVERWRITE_IF_EXISTS_OR_ADD)),
      ...add.map((header) => headerToAdd(header, APPEND_IF_EXISTS_OR_ADD)),
    ],
    toRemove: [...remove],
  };
}

/** A value is literal text; to Envoy `%` starts an operator, some of which read files and the environment of the proxy. */
function headerToAdd({ name, value }: HTTPHeader, appendAction: HeaderValueOption_HeaderAppendAction): HeaderToAdd {
  return { header: { key: name, value: value.replaceAll('%', '%%') }, appendAction };
}

/** What is done first would decide what comes out, and the specification gives no order. */
function contradiction({ set = [], add = [], remove = [] }: HTTPHeaderFilter, field: string): Problem | undefined {
  const actions = new Map<string, string>();
  const lists = [
    ['set', set.map(({ name }) => name)],
    ['add', add.map(({ name }) => name)],
    ['remove', remove],
  ] as const;
  for (const [action, names] of lists) {
    for (const name of names) {
      const other = actions.get(name.toLowerCase()) ?? action;
      if (other === action) actions.set(name.toLowerCase(), action);
      else return unsupportedValue(`Field ${field} has both ${other} and ${action} for header ${name}. Choose one of them.`);
    }
  }
  return undefined;
}

function firstProblem(
  entries: readonly (readonly [text: string, field: string])[],
  problemOf: (text: string) => string | undefined,
): Problem | undefined {
  for (const [text, field] of entries) {
    const what = problemOf(text);
    if (what !== undefined) return unsupportedValue(`Field ${field} ${what}`);
  }
  return undefined;
}

function nameProblem(name: string): string | undefined {
  if (name.toLowerCase() === 'host' || name === ':authority') {
    return 'names the Host header, which no header modifier can change. Use a URLRewrite filter with a hostname.';
  }
  if (!NAME.test(name)) return `is ${JSON.stringify(name)}, which is not a header name. Use letters, digits and !#$%&'*+-.^_\`|~ only.`;
  return undefined;
}

function valueProblem(value: string): string | undefined {
  if (!VALUE.test(value)) return 'has a control character. Remove line breaks and other characters that cannot be printed.';
  if (Buffer.byteLength(value.replaceAll('%', '%%')) > MAX_VALUE_BYTES) return `is longer than ${MAX_VALUE_BYTES} bytes. Shorten it.`;
  return undefined;
}

function firstOfEach(headers: readonly HTTPHeader[]): readonly HTTPHeader[] {
  const byName = new Map<string, HTTPHeader>();
  for (const header of headers) {
    const key = header.name.toLowerCase();
    if (!byName.has(key)) byName.set(key, header);
  }
  return [...byName.values()];
}
