import type { Reconciler } from '../gateway-operator.ts';
import { admitLive } from './admit-live.ts';
import type { ReconcileContext } from './reconcile-context.ts';
import { watchedKind } from './watched-kinds.ts';

/** A kind that is only read: it enters the graph, and nothing is written back. */
export function inputReconciler(context: ReconcileContext, name: string): Reconciler {
  const kind = watchedKind(name);
  return { kind, reconcile: (key) => void admitLive(context, kind, key) };
}
