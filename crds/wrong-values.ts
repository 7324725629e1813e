import type { FieldError } from './admission.ts';
import { fieldOf } from './field-path.ts';
import { FORMATS } from './formats.ts';
import { isObject, type JsonSchema, parts } from './json-schema.ts';
import { nearest } from './nearest.ts';
import { regularExpression } from './regular-expression.ts';
import { EXPECTED, SENSITIVE } from './schema.ts';

/**
 * Values that do not fit: types, missing fields, enums, patterns, formats, limits. Interpreted, not compiled: the schemas of one policy
 * kind take a compiler half a second, which every run of the command line would pay, and walking one object takes microseconds.
 */
export const wrongValues = function* (schema: JsonSchema, value: unknown, path = ''): Iterable<FieldError> {
  const mismatch = wrongType(schema, value);
  if (mismatch !== undefined) {
    yield { path, message: mismatch };
    return;
  }
  for (const check of CHECKS) {
    const message = check(schema, value);
    if (message !== undefined) yield { path, message };
  }
  if (isObject(value)) {
    for (const name of schema.required ?? []) {
      if (!Object.hasOwn(value, name)) yield { path: fieldOf(path, name), message: 'is missing' };
    }
  }
  for (const part of parts(schema, value, path)) yield* wrongValues(part.schema, part.value, part.path);
};

const fits = (schema: JsonSchema, value: unknown): boolean => [...wrongValues(schema, value)].length === 0;

const TYPES: Readonly<Record<string, { readonly name: string; readonly test: (value: unknown) => boolean }>> = {
  string: { name: 'a string', test: (value) => typeof value === 'string' },
  integer: { name: 'a whole number', test: (value) => Number.isInteger(value) },
  number: { name: 'a number', test: (value) => Number.isFinite(value) },
  boolean: { name: 'true or false', test: (value) => typeof value === 'boolean' },
  array: { name: 'a list', test: (value) => Array.isArray(value) },
  object: { name: 'an object', test: isObject },
};

const wrongType = (schema: JsonSchema, value: unknown): string | undefined => {
  if (schema['x-kubernetes-int-or-string']) {
    return typeof value === 'string' || Number.isInteger(value) ? undefined : `must be a whole number or a string${instead(schema, value)}`;
  }
  const type = schema.type === undefined ? undefined : TYPES[schema.type];
  return type === undefined || type.test(value) ? undefined : `must be ${type.name}${instead(schema, value)}`;
};

/** What is wrong with a value of the right type, or nothing. */
type Check = (schema: JsonSchema, value: unknown) => string | undefined;

const inEnum: Check = (schema, value) => {
  const allowed = schema.enum;
  if (allowed === undefined || allowed.includes(value)) return undefined;
  const words = allowed.map(String);
  const meant = typeof value === 'string' ? nearest(value, words) : undefined;
  const hint = words.length > 1 && meant !== undefined ? `; did you mean ${meant}?` : '';
  return `must be ${words.length === 1 ? '' : 'one of '}${words.join(', ')}${instead(schema, value)}${hint}`;
};

const inLength: Check = ({ minLength = 0, maxLength = Number.POSITIVE_INFINITY }, value) => {
  if (typeof value !== 'string') return undefined;
  const length = value.length > maxLength || value.length < 2 * minLength ? [...value].length : value.length;
  if (length < minLength) return length === 0 ? 'must not be empty' : `must have at least ${minLength} characters, not ${length}`;
  return length > maxLength ? `must have at most ${maxLength} characters, not ${length}` : undefined;
};

const inPattern: Check = (schema, value) => {
  const { pattern } = schema;
  if (pattern === undefined || typeof value !== 'string' || regularExpression(pattern).test(value)) return undefined;
  return expectedInstead(schema, value) ?? `must match ${pattern}${instead(schema, value)}`;
};

const inFormat: Check = (schema, value) => {
  const { format } = schema;
  if (format === undefined || (FORMATS[format]?.(value) ?? true)) return undefined;
  return expectedInstead(schema, value) ?? `must be a valid ${format}${instead(schema, value)}`;
};

const inRange: Check = ({ minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY }, value) => {
  if (typeof value !== 'number') return undefined;
  if (value < minimum) return `must be at least ${minimum}, not ${value}`;
  return value > maximum ? `must be at most ${maximum}, not ${value}` : undefined;
};

const inSize: Check = (schema, value) => {
  if (Array.isArray(value)) {
    const { minItems = 0, maxItems = Number.POSITIVE_INFINITY } = schema;
    if (value.length < minItems) return `must have at least ${minItems} ${minItems === 1 ? 'item' : 'items'}, not ${value.length}`;
    return value.length > maxItems ? `must have at most ${maxItems} items, not ${value.length}` : undefined;
  }
  if (!isObject(value)) return undefined;
  const { maxProperties = Number.POSITIVE_INFINITY } = schema;
  const size = Object.keys(value).length;
  return size > maxProperties ? `must have at most ${maxProperties} entries, not ${size}` : undefined;
};

const inAlternatives: Check = (schema, value) => {
  const any = schema.anyOf?.some((one) => fits(one, value)) ?? true;
  const exactlyOne = schema.oneOf === undefined || schema.oneOf.filter((one) => fits(one, value)).length === 1;
  const excluded = schema.not !== undefined && fits(schema.not, value);
  return any && exactlyOne && !excluded ? undefined : (expectedInstead(schema, value) ?? 'is not valid');
};

const CHECKS: readonly Check[] = [inEnum, inLength, inPattern, inFormat, inRange, inSize, inAlternatives];

const expectedInstead = (schema: JsonSchema, value: unknown): string | undefined => {
  const expected = schema[EXPECTED];
  if (expected === undefined) return undefined;
  return `must be ${expected}${typeof value === 'object' ? '' : instead(schema, value)}`;
};

const MAX_SHOWN = 60;

/** What is there, unless nobody may see it. */
const instead = (schema: JsonSchema, value: unknown): string => {
  if (schema[SENSITIVE]) return '';
  if (Array.isArray(value)) return ', not a list';
  if (isObject(value)) return ', not an object';
  // Values that JSON cannot say (undefined, a bigint) have a name of their own.
  const shown = typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? String(value));
  return `, not ${shown.length > MAX_SHOWN ? `${shown.slice(0, MAX_SHOWN)}...` : shown}`;
};
