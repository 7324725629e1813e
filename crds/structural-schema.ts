/** From our schemas to CustomResourceDefinitions (apiextensions.k8s.io/v1). */
import { isObject, type JsonSchema } from './json-schema.ts';
import type { Kind } from './kinds.ts';
import type { Publication } from './publication.ts';
import { OWN_KEYWORDS } from './schema.ts';

/**
 * The structural OpenAPI v3 schema of an object: our own keywords are gone, `apiVersion`, `kind` and `metadata` are left to the API
 * server, as it demands.
 */
export const structuralSchema = (schema: JsonSchema): object => {
  const { apiVersion: _version, kind: _kind, metadata: _metadata, ...own } = schema.properties ?? {};
  const required = (schema.required ?? []).filter((name) => Object.hasOwn(own, name));
  return {
    type: 'object',
    required,
    properties: { apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: { type: 'object' }, ...mapValues(own, publicSchema) },
  };
};

/** Copies plain data: a schema that is used twice is printed twice, and what TypeBox hides in it stays behind. */
const publicSchema = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(publicSchema);
  if (!isObject(value)) return value;
  return mapValues(Object.fromEntries(Object.entries(value).filter(([key]) => !key.startsWith(OWN_KEYWORDS))), publicSchema);
};

const mapValues = <A, B>(record: Readonly<Record<string, A>>, to: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, to(value)]));

/** The whole CustomResourceDefinition; the first version is the stored one. */
export const customResourceDefinition = (kind: Kind, schema: JsonSchema, publication: Publication): object => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${kind.plural}.${kind.group}` },
  spec: {
    group: kind.group,
    names: {
      kind: kind.kind,
      listKind: `${kind.kind}List`,
      plural: kind.plural,
      singular: kind.kind.toLowerCase(),
      shortNames: publication.shortNames,
      categories: publication.categories,
    },
    scope: kind.namespaced ? 'Namespaced' : 'Cluster',
    versions: kind.versions.map((name, i) => ({
      name,
      served: true,
      storage: i === 0,
      ...(publication.columns.length > 0 ? { additionalPrinterColumns: publication.columns } : {}),
      schema: { openAPIV3Schema: structuralSchema(schema) },
      ...(kind.hasStatus ? { subresources: { status: {} } } : {}),
    })),
  },
});
