import type { KubernetesObject } from '../../../crds/object-meta.ts';
import { FIELD_MANAGER } from '../../cluster/apply.ts';
import { stripped } from '../../cluster/stripped.ts';

/** A set of fields as the API server keeps it (FieldsV1): `f:<name>`, `k:<keys of a list's element>`, `v:<element of a set>`; `.` is the thing itself. */
export interface FieldSet {
  readonly [path: string]: FieldSet;
}

/** An object as it is in the cluster. */
export interface LiveObject {
  readonly object: KubernetesObject;
  /** The fields that are ours; undefined: we never applied it. */
  readonly owned: FieldSet | undefined;
  /** Who else applied some of it, by name. */
  readonly appliers: ReadonlySet<string>;
}

interface ManagedFields {
  readonly manager?: string;
  readonly operation?: string;
  readonly subresource?: string;
  readonly apiVersion?: string;
  readonly fieldsV1?: FieldSet;
}

/** Takes an object apart, as the API server sent it. */
export function liveObject(raw: KubernetesObject): LiveObject {
  // Boundary: managed fields, whose shape is the API server's contract.
  const { managedFields = [] } = raw.metadata as { readonly managedFields?: readonly ManagedFields[] };
  const applied = managedFields.filter(({ operation, subresource = '' }) => operation === 'Apply' && subresource === '');
  const ours = applied.find(({ manager, apiVersion }) => manager === FIELD_MANAGER && apiVersion === raw.apiVersion);
  return {
    object: stripped(raw),
    owned: ours?.fieldsV1,
    appliers: new Set(applied.map(({ manager = '' }) => manager)),
  };
}
