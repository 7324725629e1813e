import type { DescEnum } from '@bufbuild/protobuf';
import type { Duration } from '@bufbuild/protobuf/wkt';
import { RE2JS } from 're2js';
import {
  type BytesRules,
  type DurationRules,
  type EnumRules,
  KnownRegex,
  type StringRules,
  type UInt32Rules,
  type UInt64Rules,
} from '../../xds/proto/gen/validate/validate_pb.ts';

/** What is wrong with a value; undefined: nothing. */
export type ValueCheck<T> = (value: T) => string | undefined;

type Given<Rules> = { readonly [Key in keyof Rules]?: Rules[Key] };

/** Rules of protoc-gen-validate are proto2: a rule that is not given reads as its default unless one looks at what is set. */
export const given = <Rules extends object>(rules: Rules): Given<Rules> => Object.fromEntries(Object.entries(rules)) as Given<Rules>;

/** All of the checks, the first complaint counts. */
export function allOf<T>(checks: readonly (ValueCheck<T> | undefined)[]): ValueCheck<T> | undefined {
  const [first, ...rest] = checks.filter((one) => one !== undefined);
  if (first === undefined || rest.length === 0) return first;
  return (value) => {
    for (const one of [first, ...rest]) {
      const message = one(value);
      if (message !== undefined) return message;
    }
    return undefined;
  };
}

/** Numeric rules have the same fields for all types; 64-bit ones are bigint. */
export type NumberRules =
  | Pick<UInt32Rules, 'lt' | 'lte' | 'gt' | 'gte' | 'const' | 'in' | 'notIn'>
  | Pick<UInt64Rules, 'lt' | 'lte' | 'gt' | 'gte' | 'const' | 'in' | 'notIn'>;

/** With a lower bound above the upper one the allowed values lie outside of both (protoc-gen-validate, numeric ranges). */
export function numberCheck(rules: NumberRules): ValueCheck<number | bigint> | undefined {
  const { gt, gte, lt, lte, const: only, in: among } = given(rules as UInt32Rules);
  const low = gt ?? gte;
  const high = lt ?? lte;
  const aboveLow = (value: number | bigint) => (gt !== undefined ? value > gt : gte === undefined || value >= gte);
  const belowHigh = (value: number | bigint) => (lt !== undefined ? value < lt : lte === undefined || value <= lte);
  const outside = low !== undefined && high !== undefined && low > high;
  const words = [
    gt === undefined ? '' : `above ${gt}`,
    gte === undefined ? '' : `at least ${gte}`,
    lt === undefined ? '' : `below ${lt}`,
    lte === undefined ? '' : `at most ${lte}`,
  ];
  const range = words.filter((word) => word !== '').join(outside ? ' or ' : ' and ');
  return allOf<number | bigint>([
    range === ''
      ? undefined
      : (value) =>
          (outside ? aboveLow(value) || belowHigh(value) : aboveLow(value) && belowHigh(value))
            ? undefined
            : `must be ${range}, is ${value}`,
    only === undefined ? undefined : (value) => (value === only ? undefined : `must be ${only}, is ${value}`),
    membership<number | bigint>(among, given(rules).notIn),
  ]);
}

export function enumCheck(rules: EnumRules, desc: DescEnum): ValueCheck<number> | undefined {
  const { definedOnly, const: only, in: among, notIn } = given(rules);
  return allOf<number>([
    definedOnly ? (value) => (desc.value[value] === undefined ? `must be a value of ${desc.typeName}, is ${value}` : undefined) : undefined,
    only === undefined ? undefined : (value) => (value === only ? undefined : `must be ${only}, is ${value}`),
    membership(among, notIn),
  ]);
}

export function stringCheck(rules: StringRules): ValueCheck<string> | undefined {
  const { const: only, prefix, suffix, contains, notContains, pattern, in: among, notIn } = given(rules);
  return allOf<string>([
    lengthCheck(given(rules)),
    only === undefined ? undefined : demand((value) => value === only, `must be ${JSON.stringify(only)}`),
    prefix === undefined ? undefined : demand((value) => value.startsWith(prefix), `must start with ${JSON.stringify(prefix)}`),
    suffix === undefined ? undefined : demand((value) => value.endsWith(suffix), `must end with ${JSON.stringify(suffix)}`),
    contains === undefined ? undefined : demand((value) => value.includes(contains), `must contain ${JSON.stringify(contains)}`),
    notContains === undefined
      ? undefined
      : demand((value) => !value.includes(notContains), `must not contain ${JSON.stringify(notContains)}`),
    pattern === undefined ? undefined : patternCheck(pattern),
    wellKnownCheck(rules),
    membership(among, notIn),
  ]);
}

export function bytesCheck(rules: BytesRules): ValueCheck<Uint8Array> | undefined {
  const { minLen, maxLen, len } = given(rules);
  return allOf<Uint8Array>([
    len === undefined ? undefined : demand((value) => value.length === Number(len), `must have ${len} bytes`),
    minLen === undefined ? undefined : demand((value) => value.length >= minLen, `must have at least ${minLen} bytes`),
    maxLen === undefined ? undefined : demand((value) => value.length <= maxLen, `must have at most ${maxLen} bytes`),
  ]);
}

export function durationCheck(rules: DurationRules): ValueCheck<Duration> | undefined {
  const bound = (
    limit: Duration | undefined,
    holds: (value: bigint, limit: bigint) => boolean,
    words: string,
  ): ValueCheck<Duration> | undefined =>
    limit === undefined
      ? undefined
      : (value) => (holds(nanosOf(value), nanosOf(limit)) ? undefined : `must be ${words} ${secondsOf(limit)} s, is ${secondsOf(value)} s`);
  return allOf<Duration>([
    bound(rules.gt, (value, limit) => value > limit, 'above'),
    bound(rules.gte, (value, limit) => value >= limit, 'at least'),
    bound(rules.lt, (value, limit) => value < limit, 'below'),
    bound(rules.lte, (value, limit) => value <= limit, 'at most'),
  ]);
}

const nanosOf = ({ seconds, nanos }: Duration): bigint => seconds * 1_000_000_000n + BigInt(nanos);
const secondsOf = (duration: Duration): number => Number(nanosOf(duration)) / 1e9;

function demand<T>(holds: (value: T) => boolean, message: string): ValueCheck<T> {
  return (value) => (holds(value) ? undefined : message);
}

function membership<T extends string | number | bigint>(among: readonly T[] = [], notIn: readonly T[] = []): ValueCheck<T> | undefined {
  return allOf<T>([
    among.length === 0 ? undefined : (value) => (among.includes(value) ? undefined : `must be one of ${among.join(', ')}, is ${value}`),
    notIn.length === 0 ? undefined : (value) => (notIn.includes(value) ? `must not be ${value}` : undefined),
  ]);
}

/** Characters are code points; bytes are those of UTF-8. */
function lengthCheck({ len, minLen, maxLen, lenBytes, minBytes, maxBytes }: Given<StringRules>): ValueCheck<string> | undefined {
  const characters = (value: string): number => [...value].length;
  const bytes = (value: string): number => Buffer.byteLength(value);
  return allOf<string>([
    len === undefined ? undefined : demand((value) => characters(value) === Number(len), `must have ${len} characters`),
    minLen === undefined ? undefined : demand((value) => characters(value) >= minLen, `must have at least ${minLen} characters`),
    maxLen === undefined ? undefined : demand((value) => characters(value) <= maxLen, `must have at most ${maxLen} characters`),
    lenBytes === undefined ? undefined : demand((value) => bytes(value) === Number(lenBytes), `must have ${lenBytes} bytes`),
    minBytes === undefined ? undefined : demand((value) => bytes(value) >= minBytes, `must have at least ${minBytes} bytes`),
    maxBytes === undefined ? undefined : demand((value) => bytes(value) <= maxBytes, `must have at most ${maxBytes} bytes`),
  ]);
}

function patternCheck(pattern: string): ValueCheck<string> {
  const compiled = RE2JS.compile(pattern);
  return demand((value) => compiled.test(value), `must match ${pattern}`);
}

/** Strict: RFC 9110 as far as proxies keep to it; else only what would break a header block (protoc-gen-validate, well-known regexes). */
const HEADER_PATTERNS = {
  [KnownRegex.HTTP_HEADER_NAME]: { strict: /^:?[0-9a-zA-Z!#$%&'*+\-.^_|~`]+$/, loose: /^[^\0\n\r]*$/, words: 'a header name' },
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for.
  [KnownRegex.HTTP_HEADER_VALUE]: { strict: /^[^\0-\b\n-\x1f\x7f]*$/, loose: /^[^\0\n\r]*$/, words: 'a header value' },
} as const;

function wellKnownCheck(rules: StringRules): ValueCheck<string> | undefined {
  const { wellKnown, strict } = rules;
  if (wellKnown.case === undefined) return undefined;
  if (wellKnown.case !== 'wellKnownRegex' || wellKnown.value === KnownRegex.UNKNOWN) {
    throw new Error(`The rule string.${wellKnown.case} is not known to the interpreter of validate.rules`);
  }
  const { words, ...patterns } = HEADER_PATTERNS[wellKnown.value];
  const pattern = strict ? patterns.strict : patterns.loose;
  return demand((value) => pattern.test(value), `must be ${words}`);
}
