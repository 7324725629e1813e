import type { RouteKind } from '../../crds/gateway-api/route.ts';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import type { Reconciler } from '../gateway-operator.ts';
import { admitLive } from './admit-live.ts';
import { followStatus } from './follow-status.ts';
import type { ReconcileContext } from './reconcile-context.ts';
import { watchedKind } from './watched-kinds.ts';

/** A route of whichever kind enters, and our entries of its status follow the graph; where no parent is ours any more, they are taken away. */
export function routeReconciler(context: ReconcileContext, name: RouteKind): Reconciler {
  const kind = watchedKind(name);
  const { controllerName } = context;
  return {
    kind,
    reconcile: async (key) => {
      const live = admitLive(context, kind, key);
      await followStatus(context, {
        kind,
        key,
        live,
        leftover: (object) => (hasEntryOf(object, controllerName) ? { parents: [] } : undefined),
      });
    },
  };
}

function hasEntryOf(live: KubernetesObject, controllerName: string): boolean {
  // Parsed JSON of a status that anyone may have written.
  const parents = (live.status as { readonly parents?: readonly { readonly controllerName?: string }[] } | undefined)?.parents;
  return parents?.some((parent) => parent.controllerName === controllerName) === true;
}
