/** UDPRoute: datagrams of a UDP listener, sent to backends. */
import { kubernetesKind } from '../object-meta.ts';
import { object, oneOf, optional, type Static } from '../schema.ts';
import { GROUP } from './names.ts';
import { parentRefs, routeStatus } from './parent-refs.ts';
import { streamRules } from './stream-rule.ts';

const spec = object({
  parentRefs: optional(parentRefs),
  rules: streamRules,
  useDefaultGateways: optional(oneOf(['All', 'None'])),
});
export type UDPRouteSpec = Static<typeof spec>;

export const udpRoute = kubernetesKind('UDPRoute', `${GROUP}/v1`, { spec, status: optional(routeStatus) });
export type UDPRoute = Static<typeof udpRoute>;
