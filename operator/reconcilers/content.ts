import type { Reconciler } from '../gateway-operator.ts';
import type { ContentKind } from './content-loader.ts';
import type { ReconcileContext } from './reconcile-context.ts';
import { watchedKind } from './watched-kinds.ts';

/** Secrets and ConfigMaps enter by way of the loader, which knows which of them something needs. */
export function contentReconciler({ operator, contents }: ReconcileContext, name: ContentKind): Reconciler {
  const kind = watchedKind(name);
  return {
    kind,
    project: (object) => contents.project(object),
    reconcile: (key) => contents.changed(name, key, operator.object(kind, key)),
  };
}
