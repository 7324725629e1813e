import type { KubernetesObject } from '../../crds/object-meta.ts';
import type { KubeClient } from './kube-client.ts';
import { keyOf, type ResourceKind } from './resource-kind.ts';

/** The field manager of the contract (reference D.1). */
export const FIELD_MANAGER = 'envoy-gateway';

export interface ApplyOptions {
  /** Who owns the fields given; default: the contract's name. */
  readonly fieldManager?: string;
  /** Take over fields that others own. Without it such a field answers 409, and `details.causes` names it. */
  readonly force?: boolean;
}

/**
 * Makes an object be as given (server-side apply): the fields given become ours, those we gave before and give no more are removed, all others
 * are left alone. Answers the object as it is then. Throws KubernetesError.
 */
export const applyObject = (
  client: Pick<KubeClient, 'patch'>,
  kind: ResourceKind,
  object: KubernetesObject,
  { fieldManager = FIELD_MANAGER, force = false }: ApplyOptions = {},
): Promise<KubernetesObject> => {
  const { resourceVersion: _, uid: __, creationTimestamp: ___, generation: ____, ...metadata } = object.metadata;
  return client.patch(kind, keyOf(object.metadata), { type: 'apply', body: { ...object, metadata }, fieldManager, force });
};
