import { isIP } from 'node:net';
import { type CelInput, CelScalar, celEnv, celFunc, parse, plan } from '@bufbuild/cel';
import { strings } from '@bufbuild/cel/ext';
import type { FieldError } from './admission.ts';
import { fieldSchema, isObject, type JsonSchema, parts } from './json-schema.ts';
import { regularExpression } from './regular-expression.ts';
import type { Rule } from './schema.ts';

/** CEL as the API server has it, as far as the rules of our kinds use it: the standard and string functions and `isIP`. */
const environment = celEnv({
  funcs: [...strings, celFunc('isIP', [CelScalar.STRING], CelScalar.BOOL, (text: string) => isIP(text) !== 0)],
  re2: { compile: regularExpression },
});

type Holds = (self: CelInput) => boolean;

interface CompiledRule {
  readonly message: string;
  readonly holds: Holds;
}

/**
 * The `x-kubernetes-validations` that do not hold. The value has passed the structural checks. Rules about changes (`oldSelf`) say
 * nothing about one object alone and are skipped. A rule that fails to evaluate counts as broken, as in the API server.
 */
export const brokenRules = function* (schema: JsonSchema, value: unknown, path = ''): Iterable<FieldError> {
  if (!hasRules(schema)) return;
  const rules = rulesOf(schema);
  const self = rules.length > 0 ? toCel(schema, value) : null;
  for (const { message, holds } of rules) {
    if (!holds(self)) yield { path, message };
  }
  for (const part of parts(schema, value, path)) yield* brokenRules(part.schema, part.value, part.path);
};

const compiledRules = new WeakMap<JsonSchema, readonly CompiledRule[]>();

const rulesOf = (schema: JsonSchema): readonly CompiledRule[] => {
  const known = compiledRules.get(schema);
  if (known !== undefined) return known;
  const fresh = (schema['x-kubernetes-validations'] ?? []).filter(({ rule }) => !/\boldSelf\b/.test(rule)).map(compile);
  compiledRules.set(schema, fresh);
  return fresh;
};

const compile = ({ rule, message }: Rule): CompiledRule => {
  const evaluate = plan(environment, parse(rule));
  return { message, holds: (self) => evaluate({ self }) === true };
};

const schemasWithRules = new WeakMap<JsonSchema, boolean>();

/** Whether a rule is anywhere in the schema: most subtrees have none and need no walk. */
const hasRules = (schema: JsonSchema): boolean => {
  const known = schemasWithRules.get(schema);
  if (known !== undefined) return known;
  const inner = [...Object.values(schema.properties ?? {}), schema.items, schema.additionalProperties];
  const found = schema['x-kubernetes-validations'] !== undefined || inner.some((child) => child !== undefined && hasRules(child));
  schemasWithRules.set(schema, found);
  return found;
};

/** CEL's view of a value: whole numbers are ints by schema, field names that CEL could not read are escaped, keys of maps are not. */
const toCel = (schema: JsonSchema, value: unknown): CelInput => {
  if (Array.isArray(value)) return value.map((item) => toCel(schema.items ?? {}, item));
  if (isObject(value)) {
    const entries = Object.entries(value).map(([name, field]): [string, CelInput] => {
      const known = fieldSchema(schema, name);
      return [schema.properties === undefined ? name : escaped(name), toCel(known ?? {}, field)];
    });
    return new Map(entries);
  }
  if (typeof value === 'number') return schema.type !== 'number' && Number.isInteger(value) ? BigInt(value) : value;
  return typeof value === 'string' || typeof value === 'boolean' ? value : null;
};

const RESERVED = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(' '),
);

/** Kubernetes' escaping of names: `namespace` is `__namespace__`, `a-b` is `a__dash__b`. */
const escaped = (name: string): string => {
  if (RESERVED.has(name)) return `__${name}__`;
  return name.replaceAll('__', '__underscores__').replaceAll('.', '__dot__').replaceAll('-', '__dash__').replaceAll('/', '__slash__');
};
