import type { KubernetesObject } from '../../crds/object-meta.ts';
import type { Reconciler } from '../gateway-operator.ts';
import type { DesiredAncestor } from '../statuses/desired-status.ts';
import { admitLive } from './admit-live.ts';
import { gatewayClassOf, isForeignClass } from './class-ownership.ts';
import type { ReconcileContext } from './reconcile-context.ts';
import { watchedKind } from './watched-kinds.ts';

/** An EnvoyProxy enters, and its status says what those of ours that name it make of it. Entries of another controller's Gateways stay. */
export function envoyProxyReconciler(context: ReconcileContext): Reconciler {
  const kind = watchedKind('EnvoyProxy');
  const { controlPlane, writer, teller } = context;
  return {
    kind,
    reconcile: async (key) => {
      const live = admitLive(context, kind, key);
      if (!controlPlane.isOpen) return;
      await controlPlane.settled();
      // The collection of that kind holds these entries.
      const status = live && (controlPlane.status(kind.kind, key) as { readonly ancestors: readonly DesiredAncestor[] } | undefined);
      if (live === undefined || (status === undefined && ancestorsOf(live).length === 0)) {
        writer.forget(kind, key);
        teller.forget(kind.kind, key);
        return;
      }
      const own = status?.ancestors ?? [];
      writer.put(kind, key, { ancestors: [...own, ...ancestorsOf(live).filter((entry) => isForeign(context, entry))] });
      teller.tell(live, { ancestors: own });
    },
  };
}

// Parsed JSON of a status that anyone may have written, checked by the API server against the schema.
const ancestorsOf = (live: KubernetesObject): readonly DesiredAncestor[] =>
  (live.status as { readonly ancestors?: readonly DesiredAncestor[] } | undefined)?.ancestors ?? [];

/** An entry has no controllerName; whose it is follows from the class of the Gateway that it speaks of. What is not there any more is nobody's. */
function isForeign(context: ReconcileContext, { ancestorRef }: DesiredAncestor): boolean {
  const { kind = 'Gateway', namespace = '', name } = ancestorRef;
  const className = kind === 'GatewayClass' ? String(name) : gatewayClassOf(context.operator, `${String(namespace)}/${String(name)}`);
  return className !== undefined && isForeignClass(context, className);
}
