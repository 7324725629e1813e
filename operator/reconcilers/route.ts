import type { RouteKind } from '../../crds/gateway-api/route.ts';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import type { Reconciler } from '../gateway-operator.ts';
import { admitLive } from './admit-live.ts';
import type { ReconcileContext } from './reconcile-context.ts';
import { watchedKind } from './watched-kinds.ts';

/** A route of whichever kind enters, and our entries of its status follow the graph; where no parent is ours any more, they are taken away. */
export function routeReconciler(context: ReconcileContext, name: RouteKind): Reconciler {
  const kind = watchedKind(name);
  const { controlPlane, writer, controllerName } = context;
  return {
    kind,
    reconcile: async (key) => {
      const live = admitLive(context, kind, key);
      if (!controlPlane.isOpen) return;
      await controlPlane.settled();
      const status = live && controlPlane.status(kind.kind, key);
      if (live !== undefined && status !== undefined) {
        writer.put(kind, key, status);
        context.teller.tell(live, status);
        return;
      }
      context.teller.forget(kind.kind, key);
      if (live !== undefined && hasEntryOf(live, controllerName)) writer.put(kind, key, { parents: [] });
      else writer.forget(kind, key);
    },
  };
}

function hasEntryOf(live: KubernetesObject, controllerName: string): boolean {
  // Parsed JSON of a status that anyone may have written.
  const parents = (live.status as { readonly parents?: readonly { readonly controllerName?: string }[] } | undefined)?.parents;
  return parents?.some((parent) => parent.controllerName === controllerName) === true;
}
