/** Admission without an API server: what `kubectl apply` would do to an object of a file, with messages for people. */
import type { Admission, FieldError } from './admission.ts';
import { brokenRules } from './broken-rules.ts';
import { complete } from './complete.ts';
import { duplicateItems } from './duplicate-items.ts';
import { type EnvoyGateway, envoyGateway } from './gateway-envoyproxy-io/envoy-gateway.ts';
import { isObject, type JsonObject, jsonSchema } from './json-schema.ts';
import { apiVersionOf, KINDS, type Kind, kindOf } from './kinds.ts';
import { nearest } from './nearest.ts';
import type { KubernetesObject } from './object-meta.ts';
import type { Schema } from './schema.ts';
import { prune, unknownFields } from './unknown-fields.ts';
import { wrongValues } from './wrong-values.ts';

export interface AdmitOptions {
  /** `error` for what people write by hand; `prune` drops them silently, as the API server does by default. */
  readonly unknownFields?: 'error' | 'prune';
}

/** Refuses values that do not fit the schema; else completes them. Never throws, whatever the value. */
export const validate = <T>(schema: Schema<T>, value: unknown, options: AdmitOptions = {}): Admission<T> => {
  const json = jsonSchema(schema);
  const unknown = options.unknownFields === 'prune' ? [] : [...unknownFields(json, value)];
  const completed = complete(json, options.unknownFields === 'prune' ? prune(json, value) : value);
  const errors: readonly FieldError[] = [...unknown, ...wrongValues(json, completed), ...duplicateItems(json, completed)];
  if (errors.length > 0) return { ok: false, errors };
  const broken = [...brokenRules(json, completed)];
  // The schema carries T, and the value has just been held against it.
  return broken.length > 0 ? { ok: false, errors: broken } : { ok: true, value: completed as T };
};

/**
 * Any object of a kind that we know, in any served version. The result is in the version that we read, defaulted, and in namespace
 * `default` where a namespace was left out.
 */
export const admit = (object: unknown, options: AdmitOptions = {}): Admission<KubernetesObject> => {
  if (!isObject(object)) return refusedAt('', 'must be an object with apiVersion and kind');
  const { apiVersion, kind } = object;
  if (typeof apiVersion !== 'string' || apiVersion === '') return refusedAt('apiVersion', 'is missing');
  if (typeof kind !== 'string' || kind === '') return refusedAt('kind', 'is missing');
  const entry = kindOf(apiVersion, kind);
  if (entry === undefined) return unknownKind(apiVersion, kind);
  // The schema of every kind but EnvoyGateway, which is not in the table, has metadata.
  const schema = entry.schema as Schema<KubernetesObject>;
  return validate(schema, inOurVersion(entry, object), options);
};

/**
 * An object that an API server has admitted, in the version that we read and with the defaults that its server may not have known
 * (an older CRD) or does not fill in (null lists of core kinds). Nothing is checked. Undefined: a kind that we do not know.
 */
export const adopt = (object: KubernetesObject): KubernetesObject | undefined => {
  const entry = kindOf(object.apiVersion, object.kind);
  if (entry === undefined) return undefined;
  // Completing only adds what the schema says, so what was a Kubernetes object still is one.
  return complete(jsonSchema(entry.schema), inOurVersion(entry, object)) as KubernetesObject;
};

/** The configuration file of the controller. */
export const admitConfiguration = (configuration: unknown): Admission<EnvoyGateway> => {
  const admitted = validate(envoyGateway, configuration);
  if (admitted.ok) return admitted;
  // The file is mended by hand, so all that is wrong is told at once: rules too, where what they look at has the right shape.
  const json = jsonSchema(envoyGateway);
  const completed = complete(json, configuration);
  const misshapen = [...wrongValues(json, completed)];
  const rules = [...brokenRules(json, completed)].filter(({ path }) => !misshapen.some((error) => isWithin(error.path, path)));
  const told = new Set(admitted.errors.map(({ path, message }) => `${path}: ${message}`));
  return { ok: false, errors: [...admitted.errors, ...rules.filter(({ path, message }) => !told.has(`${path}: ${message}`))] };
};

const isWithin = (path: string, outer: string): boolean =>
  outer === '' || path === outer || path.startsWith(`${outer}.`) || path.startsWith(`${outer}[`);

const refusedAt = (path: string, message: string): Admission<never> => ({ ok: false, errors: [{ path, message }] });

/** All served versions of our kinds have one shape, so that the version is the only thing to convert. */
const inOurVersion = (entry: Kind, object: object): JsonObject => {
  const own = { ...object, apiVersion: apiVersionOf(entry, entry.versions[0]) };
  return normalised(entry, entry.namespaced ? inSomeNamespace(own) : own);
};

const inSomeNamespace = (object: JsonObject): JsonObject => {
  const { metadata } = object;
  return isObject(metadata) && metadata['namespace'] === undefined
    ? { ...object, metadata: { ...metadata, namespace: 'default' } }
    : object;
};

/** A Secret's `stringData` is a way to write `data`. */
const normalised = (entry: Kind, object: JsonObject): JsonObject => {
  const { stringData, data, ...rest } = object;
  if (entry.kind !== 'Secret' || !isObject(stringData) || !Object.values(stringData).every((text) => typeof text === 'string'))
    return object;
  const encoded = Object.entries(stringData).map(([key, text]) => [key, Buffer.from(String(text)).toString('base64')]);
  return { ...rest, data: { ...(isObject(data) ? data : {}), ...Object.fromEntries(encoded) } };
};

const unknownKind = (apiVersion: string, kind: string): Admission<never> => {
  const sameKind = KINDS.find((entry) => entry.kind === kind);
  if (sameKind !== undefined) {
    const served = sameKind.versions.map((version) => apiVersionOf(sameKind, version)).join(' or ');
    return refusedAt('apiVersion', `${kind} is served in ${served}, not in ${apiVersion}`);
  }
  const meant = nearest(
    kind,
    KINDS.map((entry) => entry.kind),
  );
  const known = KINDS.map((entry) => entry.kind).join(', ');
  return refusedAt('kind', `unknown kind ${kind} in ${apiVersion}; ${meant === undefined ? `known: ${known}` : `did you mean ${meant}?`}`);
};
