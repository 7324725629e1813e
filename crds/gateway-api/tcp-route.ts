/** TCPRoute: connections of a TCP listener, sent to backends. */
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
export type TCPRouteSpec = Static<typeof spec>;

export const tcpRoute = kubernetesKind('TCPRoute', `${GROUP}/v1`, { spec, status: optional(routeStatus) });
export type TCPRoute = Static<typeof tcpRoute>;
