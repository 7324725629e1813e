import type { KubernetesObject } from '../../crds/object-meta.ts';
import type { ObjectKey, ResourceKind } from '../cluster/resource-kind.ts';
import type { DesiredStatus } from '../statuses/desired-status.ts';
import type { ReconcileContext } from './reconcile-context.ts';

/** An object whose status follows the graph. */
export interface Followed {
  readonly kind: ResourceKind;
  readonly key: ObjectKey;
  /** Undefined: it is not there any more. */
  readonly live: KubernetesObject | undefined;
  /** What to write instead of all that the graph says. */
  readonly desired?: (live: KubernetesObject, status: object) => DesiredStatus;
  /** What to write where the graph says nothing of it any more; undefined: nothing. */
  readonly leftover?: (live: KubernetesObject) => DesiredStatus | undefined;
}

/** Waits for the settle of this turn and writes what came out, with its events, or forgets the object. Gives whether the graph has a status for it. */
export async function followStatus(context: ReconcileContext, { kind, key, live, desired, leftover }: Followed): Promise<boolean> {
  const { controlPlane, writer, teller } = context;
  if (!controlPlane.isOpen) return false;
  await controlPlane.settled();
  const status = live && controlPlane.status(kind.kind, key);
  if (live !== undefined && status !== undefined) {
    const wanted = desired?.(live, status) ?? status;
    writer.put(kind, key, wanted);
    teller.tell(live, wanted);
    return true;
  }
  teller.forget(kind.kind, key);
  const left = live && leftover?.(live);
  if (left === undefined) writer.forget(kind, key);
  else writer.put(kind, key, left);
  return false;
}
