import type { KubernetesObject } from '../../crds/object-meta.ts';
import { adopt } from '../../crds/validate.ts';
import type { ObjectKey, ResourceKind } from '../cluster/resource-kind.ts';
import type { ReconcileContext } from './reconcile-context.ts';

/**
 * Brings the graph's copy of an object up to date with the cluster's, and answers the latter. The API server has checked it; what an
 * older CRD left out is filled in. A kind that we cannot read does not enter.
 */
export function admitLive({ operator, controlPlane }: ReconcileContext, kind: ResourceKind, key: ObjectKey): KubernetesObject | undefined {
  const live = operator.object(kind, key);
  const known = live && adopt(live);
  if (known === undefined) controlPlane.remove(kind.kind, key);
  else controlPlane.put(withoutEcho(known));
  return live;
}

/** What we write ourselves is no input: without it our own status writes come back as no change at all. */
export function withoutEcho(object: KubernetesObject): KubernetesObject {
  const { status: _status, metadata, ...rest } = object;
  const { resourceVersion: _version, finalizers: _finalizers, ...identity } = metadata;
  return { ...rest, metadata: identity };
}
