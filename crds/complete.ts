import { fieldSchema, isObject, type JsonSchema } from './json-schema.ts';

/**
 * The value as the API server stores it: fields that are null count as absent, defaults are filled in at every depth. What does not
 * fit the schema is kept as it is, for the checks to find.
 */
export const complete = (schema: JsonSchema, value: unknown): unknown => {
  if (Array.isArray(value)) return completeList(schema, value);
  if (isObject(value)) return Object.fromEntries([...presentFields(schema, value), ...missingFields(schema, value)]);
  return value;
};

const completeList = ({ items }: JsonSchema, list: readonly unknown[]): unknown =>
  items === undefined ? list : list.map((item) => complete(items, item));

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
