import type { FieldError } from '../../crds/admission.ts';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { admit, adopt } from '../../crds/validate.ts';
import { withoutEcho } from '../reconcilers/admit-live.ts';
import { type Finding, subject } from './finding.ts';
import { isGatewayKind } from './unbuilt-kinds.ts';

export interface Admitted {
  /** As the operator would take it in; undefined: not at all. */
  readonly object: KubernetesObject | undefined;
  readonly findings: readonly Finding[];
}

/**
 * An object of a kind that we read, held against our schema: its CRD may become ours, which drops the fields that it does not know. What a
 * cluster has admitted of Kubernetes' own kinds is taken as it is.
 */
export function admitted(raw: KubernetesObject): Admitted {
  const object = withoutEcho(raw);
  if (!isGatewayKind(object)) return { object: adopt(object), findings: [] };
  const strict = admit(object);
  if (strict.ok) return { object: strict.value, findings: [] };
  const lenient = admit(object, { unknownFields: 'prune' });
  if (!lenient.ok) return { object: undefined, findings: lenient.errors.map((error) => invalid(raw, error)) };
  return { object: lenient.value, findings: strict.errors.map((error) => unknownField(raw, error)) };
}

const at = ({ path }: FieldError): { readonly field?: string } => (path === '' ? {} : { field: path });

const invalid = (object: KubernetesObject, error: FieldError): Finding => ({
  severity: 'stops',
  code: 'ObjectInvalid',
  object: subject(object),
  ...at(error),
  message: `Gatehouse does not take it: ${error.message}.`,
  cure: 'Mend the field before you move.',
});

const unknownField = (object: KubernetesObject, error: FieldError): Finding => ({
  severity: 'differs',
  code: 'FieldUnknown',
  object: subject(object),
  ...at(error),
  message: `Gatehouse does not know the field (${error.message}): it has no effect.`,
  cure: 'Remove the field, or do without what it does.',
});
