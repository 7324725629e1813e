import type { Gateway } from '../../crds/gateway-api/gateway.ts';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import type { ObjectKey } from '../cluster/resource-kind.ts';
import type { Reconciler } from '../gateway-operator.ts';
import { admitLive } from './admit-live.ts';
import { mayBeOurs } from './class-ownership.ts';
import type { ReconcileContext } from './reconcile-context.ts';
import { watchedKind } from './watched-kinds.ts';

/** A Gateway enters with its certificates, and its status follows the graph. */
export function gatewayReconciler(context: ReconcileContext): Reconciler {
  const kind = watchedKind('Gateway');
  const { operator, controlPlane, writer, secrets } = context;
  const secretsOf = (live: KubernetesObject | undefined): ReadonlySet<ObjectKey> =>
    // The API server has checked it against the schema of Gateways.
    live !== undefined && mayBeOurs(context, (live as Gateway).spec.gatewayClassName) ? referredSecrets(live as Gateway) : new Set();
  return {
    kind,
    reconcile: async (key) => {
      await secrets.require(`Gateway ${key}`, secretsOf(operator.object(kind, key)));
      const live = admitLive(context, kind, key);
      if (!controlPlane.isOpen) return;
      await controlPlane.settled();
      const status = live && controlPlane.status(kind.kind, key);
      if (live === undefined || status === undefined) {
        writer.forget(kind, key);
        context.teller.forget(kind.kind, key);
        return;
      }
      writer.put(kind, key, status);
      context.teller.tell(live, status);
    },
  };
}

function referredSecrets({ spec, metadata }: Gateway): ReadonlySet<ObjectKey> {
  const refs = spec.listeners.flatMap((listener) => listener.tls?.certificateRefs ?? []);
  return new Set(
    refs.filter(({ kind }) => (kind ?? 'Secret') === 'Secret').map((ref) => `${ref.namespace ?? metadata.namespace ?? ''}/${ref.name}`),
  );
}
