import type { XBackend } from '../../crds/gateway-api/x-backend.ts';
import type { Reconciler } from '../gateway-operator.ts';
import { admitLive } from './admit-live.ts';
import type { ReconcileContext } from './reconcile-context.ts';
import { contentsOfXBackend } from './referred-contents.ts';
import { watchedKind } from './watched-kinds.ts';

/** A backend enters with its certificates; what is wrong with it the routes that refer to it say. */
export function xBackendReconciler(context: ReconcileContext): Reconciler {
  const kind = watchedKind('XBackend');
  const { operator, contents } = context;
  return {
    kind,
    reconcile: async (key) => {
      // The API server has checked it against the schema of the kind.
      const live = operator.object(kind, key) as XBackend | undefined;
      await contents.require(`XBackend ${key}`, live === undefined ? new Set() : contentsOfXBackend(live));
      admitLive(context, kind, key);
    },
  };
}
