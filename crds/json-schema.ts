import { fieldOf, itemOf } from './field-path.ts';
import type { EXPECTED, NOT_BUILT, Rule, Schema, SENSITIVE, UNBUILT } from './schema.ts';

/** A schema as the data that it is: the keywords that Kubernetes' structural schemas know, and ours. */
export interface JsonSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly not?: JsonSchema;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-validations'?: readonly Rule[];
  readonly [NOT_BUILT]?: readonly string[];
  readonly [UNBUILT]?: boolean;
  readonly [EXPECTED]?: string;
  readonly [SENSITIVE]?: boolean;
}

/** What our combinators build has exactly these keywords; TypeBox's type of a schema says nothing of them. */
export const jsonSchema = (schema: Schema): JsonSchema => schema as JsonSchema;

export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The schema of a field: its own, or the one for all keys of a map. */
export const fieldSchema = (schema: JsonSchema, name: string): JsonSchema | undefined =>
  schema.properties !== undefined && Object.hasOwn(schema.properties, name) ? schema.properties[name] : schema.additionalProperties;

/** A part of a value with the schema for it. */
export interface Part {
  readonly schema: JsonSchema;
  readonly value: unknown;
  readonly path: string;
}

/** The items or fields of a value that have a schema. */
export const parts = function* (schema: JsonSchema, value: unknown, path: string): Iterable<Part> {
  if (Array.isArray(value)) {
    if (schema.items === undefined) return;
    for (const [i, item] of value.entries()) yield { schema: schema.items, value: item, path: itemOf(path, i) };
  } else if (isObject(value)) {
    for (const [name, field] of Object.entries(value)) {
      const known = fieldSchema(schema, name);
      if (known !== undefined) yield { schema: known, value: field, path: fieldOf(path, name) };
    }
  }
};
