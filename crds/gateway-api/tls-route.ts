/** TLSRoute: connections of a TLS listener, chosen by the server name that the client asks for (SNI), sent to backends. */
import { kubernetesKind } from '../object-meta.ts';
import { list, object, oneOf, optional, type Rule, type Static } from '../schema.ts';
import { GROUP, hostname } from './names.ts';
import { parentRefs, routeStatus } from './parent-refs.ts';
import { streamRules } from './stream-rule.ts';

const DOMAIN = "'^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*)$'";

const hostnameRules: readonly Rule[] = [
  { rule: 'self.all(h, !isIP(h))', message: 'Hostnames cannot contain an IP' },
  {
    rule: `self.all(h, !h.contains('*') ? h.matches(${DOMAIN}) : true)`,
    message: 'Hostnames must be valid based on RFC-1123',
  },
  {
    rule: `self.all(h, h.contains('*') ? (h.startsWith('*.') && h.substring(2).matches(${DOMAIN})) : true)`,
    message: 'Wildcards on hostnames must be the first label, and the rest of hostname must be valid based on RFC-1123',
  },
];

const spec = object({
  hostnames: list(hostname, { minItems: 1, maxItems: 1024, listType: 'atomic', rules: hostnameRules }),
  parentRefs: optional(parentRefs),
  rules: streamRules,
  useDefaultGateways: optional(oneOf(['All', 'None'])),
});
export type TLSRouteSpec = Static<typeof spec>;

export const tlsRoute = kubernetesKind('TLSRoute', `${GROUP}/v1`, { spec, status: optional(routeStatus) });
export type TLSRoute = Static<typeof tlsRoute>;
