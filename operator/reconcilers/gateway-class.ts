import { withStatus } from '../cluster/kubernetes-error.ts';
import { NotLeadingError } from '../cluster/leadership.ts';
import type { Reconciler } from '../gateway-operator.ts';
import { admitLive } from './admit-live.ts';
import { followOwnership } from './class-ownership.ts';
import { followStatus } from './follow-status.ts';
import type { ReconcileContext } from './reconcile-context.ts';
import { watchedKind } from './watched-kinds.ts';

/** Keeps a class from being deleted while Gateways use it (Gateway API, GatewayClass). */
export const GATEWAY_EXISTS = 'gateway-exists-finalizer.gateway.networking.k8s.io';

/** A class of ours: accepted or not, and kept as long as a Gateway uses it. */
export function gatewayClassReconciler(context: ReconcileContext): Reconciler {
  const kind = watchedKind('GatewayClass');
  const { operator, controlPlane } = context;
  const owned = followOwnership(context);
  return {
    kind,
    reconcile: async (key) => {
      const live = admitLive(context, kind, key);
      owned(key, live);
      if (!(await followStatus(context, { kind, key, live })) || !context.leads()) return;
      const use = { finalizer: GATEWAY_EXISTS, inUse: controlPlane.gatewaysOf(key) > 0 };
      await operator.keepFinalizer(kind, key, use).catch((error: unknown) => {
        // Written or deleted meanwhile, perhaps by our own status: that brings an event, and the event brings us back.
        if (withStatus(error, 404, 409) === undefined && !(error instanceof NotLeadingError)) throw error;
      });
    },
  };
}
