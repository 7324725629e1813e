/** A Gateway's listener: a port, a protocol, a hostname, and which routes may attach. */
import { labelSelector } from '../object-meta.ts';
import { defaulted, list, map, object, oneOf, optional, type Rule, type Static, text } from '../schema.ts';
import { externalAuthFilter } from './external-auth-filter.ts';
import {
  GROUP,
  groupName,
  hostname,
  kindName,
  localObjectReference,
  PROTOCOL_TYPE,
  portNumber,
  secretObjectReference,
  sectionName,
} from './names.ts';
import { filterTypeRules } from './route-filter-rules.ts';

export const routeGroupKind = object({ group: defaulted(groupName, GROUP), kind: kindName });
export type RouteGroupKind = Static<typeof routeGroupKind>;

const routeNamespaces = object({
  from: defaulted(oneOf(['All', 'Selector', 'Same']), 'Same'),
  selector: optional(labelSelector),
});
export type RouteNamespaces = Static<typeof routeNamespaces>;

const allowedRoutes = object({
  kinds: optional(list(routeGroupKind, { maxItems: 8, listType: 'atomic' })),
  namespaces: defaulted(routeNamespaces, { from: 'Same' }),
});
export type AllowedRoutes = Static<typeof allowedRoutes>;

const listenerTls = object(
  {
    certificateRefs: optional(list(secretObjectReference, { maxItems: 64, listType: 'atomic' })),
    mode: defaulted(oneOf(['Terminate', 'Passthrough']), 'Terminate'),
    options: optional(map(text({ minLength: 0, maxLength: 4096 }), { maxProperties: 16 })),
  },
  {
    rules: [
      {
        rule: "self.mode == 'Terminate' ? size(self.certificateRefs) > 0 || size(self.options) > 0 : true",
        message: 'certificateRefs or options must be specified when mode is Terminate',
      },
    ],
  },
);
export type ListenerTLSConfig = Static<typeof listenerTls>;

/** v1.7.0: what runs before a route is chosen; the payloads are those of filters of HTTPRoutes. */
const requestFilter = object(
  {
    extensionRef: optional(localObjectReference),
    externalAuth: optional(externalAuthFilter),
    type: oneOf(['ExternalAuth', 'ExtensionRef']),
  },
  { rules: filterTypeRules({ ExternalAuth: 'externalAuth', ExtensionRef: 'extensionRef' }) },
);

const listenerFilters = object({ requests: optional(list(requestFilter, { maxItems: 16, listType: 'atomic' })) });

const fields = {
  allowedRoutes: defaulted(allowedRoutes, { namespaces: { from: 'Same' } }),
  filters: optional(listenerFilters),
  hostname: optional(hostname),
  name: sectionName,
  port: portNumber,
  protocol: text({ minLength: 1, maxLength: 255, pattern: PROTOCOL_TYPE }),
  tls: optional(listenerTls),
};

const listener = object(fields, {
  rules: [
    {
      rule: "!has(self.filters) || self.protocol in ['HTTP', 'HTTPS']",
      message: 'filters may only be set when protocol is HTTP or HTTPS',
    },
  ],
});
/** `protocol` is HTTP, HTTPS, TLS, TCP, UDP or a domain-prefixed name. */
export type Listener = Static<typeof listener>;

const sharedRules: readonly Rule[] = [
  {
    rule: "self.all(l, l.protocol in ['HTTP', 'TCP', 'UDP'] ? !has(l.tls) : true)",
    message: "tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']",
  },
  {
    rule: "self.all(l, (l.protocol == 'HTTPS' && has(l.tls)) ? (l.tls.mode == '' || l.tls.mode == 'Terminate') : true)",
    message: 'tls mode must be Terminate for protocol HTTPS',
  },
  {
    rule: "self.all(l, (l.protocol == 'TLS' ? has(l.tls) && has(l.tls.mode) && l.tls.mode != '' : true))",
    message: 'tls mode must be set for protocol TLS',
  },
  {
    rule: "self.all(l, l.protocol in ['TCP', 'UDP']  ? (!has(l.hostname) || l.hostname == '') : true)",
    message: "hostname must not be specified for protocols ['TCP', 'UDP']",
  },
  {
    rule: 'self.all(l1, self.exists_one(l2, l1.name == l2.name))',
    message: 'Listener name must be unique within the Gateway',
  },
];

/** What upstream asks of the port first, which used to be optional in ListenerSets, is part of the rule's text. */
const uniqueRule = (first: string, second: string): Rule => ({
  rule: `self.all(l1, ${first}self.exists_one(l2, ${second}l1.port == l2.port && l1.protocol == l2.protocol && (has(l1.hostname) && has(l2.hostname) ? l1.hostname == l2.hostname : !has(l1.hostname) && !has(l2.hostname))))`,
  message: 'Combination of port, protocol and hostname must be unique for each listener',
});

const listenersBy = (item: typeof listener, unique: Rule) =>
  list(item, { minItems: 1, maxItems: 64, listType: { map: ['name'] }, rules: [...sharedRules, unique] });

export const listeners = listenersBy(listener, uniqueRule('', ''));
/** The same in a ListenerSet; upstream spells one rule otherwise there, and does without another. */
export const listenerSetListeners = listenersBy(object(fields), uniqueRule('!has(l1.port) || ', 'has(l2.port) && '));
