/** ListenerSet: more listeners for a Gateway, from whoever may not edit it (GEP-1713). */
import { conditions, kubernetesKind } from '../object-meta.ts';
import { defaulted, object, optional, prefilled, type Static } from '../schema.ts';
import { listenerSetListeners } from './listener.ts';
import { listenerStatuses } from './listener-status.ts';
import { GROUP, groupName, kindName, namespaceName, objectName } from './names.ts';
import { pending } from './pending.ts';

const parentRef = object({
  group: defaulted(groupName, GROUP),
  kind: defaulted(kindName, 'Gateway'),
  name: objectName,
  namespace: optional(namespaceName),
});
export type ParentGatewayReference = Static<typeof parentRef>;

const spec = object({ listeners: listenerSetListeners, parentRef });
export type ListenerSetSpec = Static<typeof spec>;

const status = object({
  conditions: defaulted(conditions(), pending('Accepted', 'Programmed')),
  listeners: listenerStatuses,
});
export type ListenerSetStatus = Static<typeof status>;

export const listenerSet = kubernetesKind('ListenerSet', `${GROUP}/v1`, {
  spec,
  status: prefilled(status, { conditions: pending('Accepted', 'Programmed') }),
});
export type ListenerSet = Static<typeof listenerSet>;
