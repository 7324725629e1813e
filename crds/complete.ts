import { fieldSchema, isObject, type JsonSchema } from './json-schema.ts';

/**
 * The value as the API server stores it: fields that are null count as absent, defaults are filled in at every depth. What does not
 * fit the schema is kept as it is, for the checks to find. Where nothing is to be filled in, the very same value: most objects of an
 * API server are whole, and a second copy of each would double what they cost.
 */
export const complete = (schema: JsonSchema, value: unknown): unknown => {
  if (Array.isArray(value)) return completeList(schema, value);
  if (!isObject(value)) return value;
  const entries = [...presentFields(schema, value), ...missingFields(schema, value)];
  return saysTheSame(value, entries) ? value : Object.fromEntries(entries);
};

const saysTheSame = (value: Readonly<Record<string, unknown>>, entries: readonly Entry[]): boolean =>
  entries.length === Object.keys(value).length && entries.every(([name, field]) => Object.hasOwn(value, name) && value[name] === field);

function completeList({ items }: JsonSchema, list: readonly unknown[]): unknown {
  if (items === undefined) return list;
  const completed = list.map((item) => complete(items, item));
  return completed.every((item, index) => item === list[index]) ? list : completed;
}

type Entry = readonly [name: string, value: unknown];

const presentFields = function* (schema: JsonSchema, value: object): Iterable<Entry> {
  for (const [name, field] of Object.entries(value)) {
    const known = fieldSchema(schema, name);
    if (known === undefined) yield [name, field];
    else if (field !== null) yield [name, complete(known, field)];
  }
};

const missingFields = function* (schema: JsonSchema, value: Readonly<Record<string, unknown>>): Iterable<Entry> {
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const missing = !Object.hasOwn(value, name) || value[name] === null;
    if (missing && property.default !== undefined) yield [name, complete(property, property.default)];
  }
};
