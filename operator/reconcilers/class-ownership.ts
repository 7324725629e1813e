import type { ListenerSet } from '../../crds/gateway-api/listener-set.ts';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { gatewayOfSet } from '../../translators/gateway-api/listeners/listener-sets.ts';
import type { ReconcileContext } from './reconcile-context.ts';
import { watchedKind } from './watched-kinds.ts';

const GATEWAY = watchedKind('Gateway');
const GATEWAY_CLASS = watchedKind('GatewayClass');
const LISTENER_SET = watchedKind('ListenerSet');

type Ownership = Pick<ReconcileContext, 'operator' | 'controlPlane' | 'controllerName'>;

/** Whether the Gateways of a class are for us. While the cluster is still being read, a class that is not known yet may be. */
export function mayBeOurs(ownership: Ownership, className: string): boolean {
  const known = ownership.operator.object(GATEWAY_CLASS, className);
  return known === undefined ? !ownership.controlPlane.isOpen : isOurs(ownership, known);
}

/** Whether a class is known to be another controller's. */
export function isForeignClass(ownership: Ownership, className: string): boolean {
  const known = ownership.operator.object(GATEWAY_CLASS, className);
  return known !== undefined && !isOurs(ownership, known);
}

/** The class that a Gateway names; undefined: there is no such Gateway. */
export const gatewayClassOf = (operator: Ownership['operator'], gateway: string): string | undefined =>
  classOf(operator.object(GATEWAY, gateway));

/** Told of each event of a class, reconciles its Gateways again when they become ours or cease to be: Secrets of others are not for us to hold. */
export function followOwnership(ownership: Ownership): (className: string, live: KubernetesObject | undefined) => void {
  const { operator } = ownership;
  const ours = new Set<string>();
  return (className, live) => {
    const isNow = live !== undefined && isOurs(ownership, live);
    if (ours.has(className) === isNow) return;
    if (isNow) ours.add(className);
    else ours.delete(className);
    for (const key of operator.keys(GATEWAY)) if (classOf(operator.object(GATEWAY, key)) === className) operator.requeue(GATEWAY, key);
  };
}

/** Told of each event of a Gateway, reconciles its ListenerSets again when it becomes ours or ceases to be. */
export function followGateways(operator: Ownership['operator']): (gateway: string, isOurs: boolean) => void {
  const ours = new Set<string>();
  return (gateway, isOurs) => {
    if (ours.has(gateway) === isOurs) return;
    if (isOurs) ours.add(gateway);
    else ours.delete(gateway);
    for (const key of operator.keys(LISTENER_SET)) {
      const set = operator.object(LISTENER_SET, key);
      // The API server has checked it against its schema.
      if (set !== undefined && gatewayOfSet(set as ListenerSet) === gateway) operator.requeue(LISTENER_SET, key);
    }
  };
}

// The API server has checked both against their schemas.
const isOurs = ({ controllerName }: Ownership, gatewayClass: KubernetesObject): boolean =>
  (gatewayClass.spec as { readonly controllerName: string }).controllerName === controllerName;
const classOf = (gateway: KubernetesObject | undefined): string | undefined =>
  (gateway?.spec as { readonly gatewayClassName: string } | undefined)?.gatewayClassName;
