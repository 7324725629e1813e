import type { ListenerSet } from '../../crds/gateway-api/listener-set.ts';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { gatewayOfSet } from '../../translators/gateway-api/listeners/listener-sets.ts';
import type { Reconciler } from '../gateway-operator.ts';
import { admitLive } from './admit-live.ts';
import { gatewayClassOf, mayBeOurs } from './class-ownership.ts';
import type { ContentRef } from './content-loader.ts';
import { followStatus } from './follow-status.ts';
import type { ReconcileContext } from './reconcile-context.ts';
import { contentsOfListenerSet } from './referred-contents.ts';
import { watchedKind } from './watched-kinds.ts';

/** A ListenerSet enters with its certificates, as a Gateway does; its status follows the graph as long as its Gateway is ours. */
export function listenerSetReconciler(context: ReconcileContext): Reconciler {
  const kind = watchedKind('ListenerSet');
  const { operator, contents } = context;
  return {
    kind,
    reconcile: async (key) => {
      await contents.require(`ListenerSet ${key}`, contentsOf(context, operator.object(kind, key)));
      await followStatus(context, { kind, key, live: admitLive(context, kind, key) });
    },
  };
}

/** None while its Gateway is not there or another controller's: the Gateway brings the set back (`followGateways`). */
function contentsOf(context: ReconcileContext, live: KubernetesObject | undefined): ReadonlySet<ContentRef> {
  if (live === undefined) return new Set();
  // The API server has checked it against the schema of ListenerSets.
  const set = live as ListenerSet;
  const gateway = gatewayOfSet(set);
  const gatewayClass = gateway && gatewayClassOf(context.operator, gateway);
  if (gatewayClass === undefined || !mayBeOurs(context, gatewayClass)) return new Set();
  return contentsOfListenerSet(set);
}
