import type { FieldError } from './admission.ts';
import { itemOf } from './field-path.ts';
import { isObject, type JsonSchema, parts } from './json-schema.ts';

/** Items that are there twice in a list whose items are told apart by their keys (`map`) or by themselves (`set`). */
export const duplicateItems = function* (schema: JsonSchema, value: unknown, path = ''): Iterable<FieldError> {
  if (Array.isArray(value)) yield* inList(schema, value, path);
  for (const part of parts(schema, value, path)) yield* duplicateItems(part.schema, part.value, part.path);
};

const inList = function* (schema: JsonSchema, list: readonly unknown[], path: string): Iterable<FieldError> {
  const identity = identityOf(schema);
  if (identity === undefined) return;
  const seen = new Map<string, number>();
  for (const [i, item] of list.entries()) {
    const id = identity(item);
    const first = seen.get(id);
    if (first === undefined) seen.set(id, i);
    else yield { path: itemOf(path, i), message: `repeats ${itemOf(path, first)}: ${id} may be there once` };
  }
};

const identityOf = (schema: JsonSchema): ((item: unknown) => string) | undefined => {
  const keys = schema['x-kubernetes-list-map-keys'];
  switch (schema['x-kubernetes-list-type']) {
    case 'set':
      return (item) => JSON.stringify(sorted(item));
    case 'map':
      return (item) => (keys ?? []).map((key) => `${key} ${JSON.stringify(isObject(item) ? item[key] : item)}`).join(', ');
    default:
      return undefined;
  }
};

/** With keys in one order, so that equal values read the same. */
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .toSorted()
      .map((key) => [key, sorted(value[key])]),
  );
};
