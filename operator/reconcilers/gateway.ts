import type { Gateway } from '../../crds/gateway-api/gateway.ts';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { namesOf } from '../../translators/gateway-api/addresses/named-addresses.ts';
import type { ObjectKey } from '../cluster/resource-kind.ts';
import type { Reconciler } from '../gateway-operator.ts';
import { admitLive } from './admit-live.ts';
import { followGateways, mayBeOurs } from './class-ownership.ts';
import type { ContentRef } from './content-loader.ts';
import { followStatus } from './follow-status.ts';
import type { ReconcileContext } from './reconcile-context.ts';
import { contentsOfGateway } from './referred-contents.ts';
import { watchedKind } from './watched-kinds.ts';

/** A Gateway enters with its certificates, and its status follows the graph. */
export function gatewayReconciler(context: ReconcileContext): Reconciler {
  const kind = watchedKind('Gateway');
  const { operator, contents, cloud } = context;
  const owned = followGateways(operator);
  const contentsOf = (key: ObjectKey, live: KubernetesObject | undefined): ReadonlySet<ContentRef> => {
    // The API server has checked it against the schema of Gateways.
    const gateway = live as Gateway | undefined;
    const isOurs = gateway !== undefined && mayBeOurs(context, gateway.spec.gatewayClassName);
    owned(key, isOurs);
    return isOurs ? contentsOfGateway(gateway) : new Set();
  };
  return {
    kind,
    reconcile: async (key) => {
      const live = operator.object(kind, key);
      const needed = contentsOf(key, live);
      try {
        await Promise.all([contents.require(`Gateway ${key}`, needed), cloud?.require(key, asksByName(context, live))]);
      } catch (error) {
        context.kept.add(key);
        throw error;
      }
      await followStatus(context, { kind, key, live: admitLive(context, kind, key) });
      // Not before the graph has settled with it.
      context.kept.delete(key);
    },
  };
}

/** Whether it cannot enter before it is known in which cloud the cluster is. */
function asksByName(context: ReconcileContext, live: KubernetesObject | undefined): boolean {
  // The API server has checked it against the schema of Gateways.
  const gateway = live as Gateway | undefined;
  return gateway !== undefined && mayBeOurs(context, gateway.spec.gatewayClassName) && namesOf(gateway.spec).length > 0;
}
