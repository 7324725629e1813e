import type { KubernetesObject } from '../../crds/object-meta.ts';

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** The object without what is large and tells us nothing: managed fields and the copy that `kubectl apply` leaves of it. */
export const stripped = (object: KubernetesObject): KubernetesObject => {
  const { managedFields: _, annotations, ...metadata }: KubernetesObject['metadata'] & { managedFields?: unknown } = object.metadata;
  if (annotations === undefined) return { ...object, metadata };
  const { [LAST_APPLIED]: __, ...kept } = annotations;
  return { ...object, metadata: { ...metadata, annotations: kept } };
};
