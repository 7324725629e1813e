import type { Reconciler } from '../gateway-operator.ts';
import type { ReconcileContext } from './reconcile-context.ts';
import { watchedKind } from './watched-kinds.ts';

/** Secrets enter by way of the loader, which knows which of them a Gateway needs. */
export function secretReconciler({ operator, secrets }: ReconcileContext): Reconciler {
  const kind = watchedKind('Secret');
  return {
    kind,
    project: (secret) => secrets.project(secret),
    reconcile: (key) => secrets.changed(key, operator.object(kind, key)),
  };
}
