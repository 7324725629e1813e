/** What became of each listener, of a Gateway or of a ListenerSet. */
import { conditions } from '../object-meta.ts';
import { int32, list, object, optional, type Static } from '../schema.ts';
import { routeGroupKind } from './listener.ts';
import { sectionName } from './names.ts';

const listenerStatus = object({
  attachedRoutes: int32(),
  conditions: conditions(),
  name: sectionName,
  supportedKinds: optional(list(routeGroupKind, { maxItems: 8, listType: 'atomic' })),
});
export type ListenerStatus = Static<typeof listenerStatus>;

export const listenerStatuses = optional(list(listenerStatus, { maxItems: 64, listType: { map: ['name'] } }));
