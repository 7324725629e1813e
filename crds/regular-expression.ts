import { RE2JS } from 're2js';

const compiled = new Map<string, RE2JS>();

/**
 * A pattern of a schema or a rule, with Go's meaning (RE2) and in linear time: JavaScript's engine would hang for hours on some header
 * values under the patterns of Gateway API. Patterns come from schemas only, so that the cache stays small.
 */
export const regularExpression = (pattern: string): RE2JS => {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  const fresh = RE2JS.compile(pattern);
  compiled.set(pattern, fresh);
  return fresh;
};
