import type { FieldError } from './admission.ts';
import { fieldOf } from './field-path.ts';
import { fieldSchema, isObject, type JsonSchema, parts } from './json-schema.ts';
import { nearest } from './nearest.ts';
import { NOT_BUILT, UNBUILT } from './schema.ts';

const isOpen = (schema: JsonSchema): boolean => schema['x-kubernetes-preserve-unknown-fields'] === true;

/** The fields that no schema knows, each with the known one that was probably meant. */
export const unknownFields = function* (schema: JsonSchema, value: unknown, path = ''): Iterable<FieldError> {
  if (isObject(value) && !isOpen(schema)) {
    for (const name of Object.keys(value)) {
      const known = fieldSchema(schema, name);
      if (known === undefined) yield { path: fieldOf(path, name), message: refusal(schema, name, path) };
      else if (known[UNBUILT]) yield { path: fieldOf(path, name), message: NOT_YET };
    }
  }
  for (const part of parts(schema, value, path)) yield* unknownFields(part.schema, part.value, part.path);
};

/** The value without the fields that no schema knows, as the API server prunes them. */
export const prune = (schema: JsonSchema, value: unknown): unknown => {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? value : value.map((item) => prune(items, item));
  }
  if (!isObject(value)) return value;
  return Object.fromEntries([...knownFields(schema, value)]);
};

const knownFields = function* (schema: JsonSchema, value: object): Iterable<readonly [string, unknown]> {
  for (const [name, field] of Object.entries(value)) {
    const known = fieldSchema(schema, name);
    if (known !== undefined) yield [name, prune(known, field)];
    else if (isOpen(schema)) yield [name, field];
  }
};

const NOT_YET = 'is not built yet; remove the field';

/** Up to this many fields are listed where none is near. */
const MAX_LISTED = 12;

const refusal = (schema: JsonSchema, name: string, path: string): string => {
  if (schema[NOT_BUILT]?.includes(name)) return NOT_YET;
  const names = Object.keys(schema.properties ?? {});
  const meant = nearest(name, names);
  if (meant !== undefined) return `unknown field; did you mean ${fieldOf(path, meant)}?`;
  if (names.length === 0 || names.length > MAX_LISTED) return 'unknown field; remove it';
  return `unknown field; known here: ${names.toSorted().join(', ')}`;
};
