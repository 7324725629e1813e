/**
 * XBackend (GEP-4894, experimental): what a route sends to that is no Service. v1.7.0 has another shape (`port.number`, selectors, its status);
 * of an object in a cluster only the fields of the installed CRDs are left, in a file either shape may stand.
 */
import { condition, kubernetesKind } from '../object-meta.ts';
import { list, map, object, oneOf, optional, type Rule, type Static, text } from '../schema.ts';
import { backendTlsValidation } from './backend-tls-policy.ts';
import { controllerName, hostnameWithin, LABEL, parentReference, portNumber, SUBDOMAIN, secretObjectReference } from './names.ts';
import { sessionPersistence } from './session-persistence.ts';
import { EXPERIMENTS } from './x-backend-traffic-policy.ts';

/** v1.6.3 has `name` and `port`, v1.7.0 `number`. */
const port = object(
  {
    name: optional(text({ maxLength: 63, pattern: `^$|^${LABEL}$`, expected: 'a name of lower-case letters, digits and dashes, or none' })),
    number: optional(portNumber),
    port: optional(portNumber),
  },
  {
    rules: [
      { rule: 'has(self.port) != has(self.number)', message: 'exactly one of number (v1.7) and port (v1.6) says the port' },
      { rule: '!has(self.name) || has(self.port)', message: 'name (v1.6) cannot stand beside number (v1.7)' },
    ],
  },
);

/** Of all controllers together. */
export const MAX_STATUS_ENTRIES = 32;

const LABEL_VALUE = '^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$';
const labelValue = text({ minLength: 0, maxLength: 63, pattern: LABEL_VALUE });

const LABEL_KEY = `^(${SUBDOMAIN}/)?([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]$`;
const labels = map(labelValue, {
  maxProperties: 64,
  keywords: { minProperties: 1 },
  rules: [{ rule: `self.all(key, key.matches('${LABEL_KEY}'))`, message: 'label keys are names such as app or example.com/app' }],
});

const tlsRules: readonly Rule[] = [
  {
    rule: "self.mode == 'ClientAndServer' ? has(self.clientCertificateRef) : !has(self.clientCertificateRef)",
    message: 'clientCertificateRef must be set if and only if mode is ClientAndServer',
  },
];

const tls = object(
  {
    clientCertificateRef: optional(secretObjectReference),
    mode: oneOf(['None', 'ServerOnly', 'ClientAndServer']),
    validation: optional(backendTlsValidation),
  },
  { rules: tlsRules },
);

/** `type` says which of the fields named like it is set. */
const onlyOf = (type: string, field: string): Rule => ({
  rule: `self.type == '${type}' ? has(self.${field}) : !has(self.${field})`,
  message: `${field} must be set when type is ${type} and must be unset otherwise`,
});

const externalHostname = object({
  hostname: hostnameWithin("!self.endsWith('.cluster.local')", 'hostname must not be an IP address or end with .cluster.local'),
});

const spec = object(
  {
    endpointSelector: optional(object({ matchLabels: labels })),
    externalHostname: optional(externalHostname),
    port,
    protocol: optional(oneOf(['TCP', 'HTTP', 'HTTP2', 'HTTP11', 'H2C', 'MCP', 'GRPC', 'WSS'])),
    sessionPersistence: optional(sessionPersistence),
    tls: optional(tls),
    type: oneOf(['ExternalHostname', 'EndpointSelector']),
  },
  {
    rules: [
      onlyOf('ExternalHostname', 'externalHostname'),
      onlyOf('EndpointSelector', 'endpointSelector'),
      {
        rule: "has(self.sessionPersistence) ? self.type == 'EndpointSelector' : true",
        message: 'sessionPersistence can only be set when type is EndpointSelector',
      },
    ],
  },
);
export type XBackendSpec = Static<typeof spec>;

/** One entry for each Gateway and controller: v1.6.3 calls it a parent, v1.7.0 an ancestor. Of what one version knows the other keeps nothing. */
const entry = { conditions: optional(list(condition, { listType: { map: ['type'] } })), controllerName };
const status = object({
  ancestors: optional(list(object({ ancestorRef: parentReference, ...entry }), { maxItems: MAX_STATUS_ENTRIES, listType: 'atomic' })),
  parents: optional(list(object({ parentRef: parentReference, ...entry }), { maxItems: MAX_STATUS_ENTRIES, listType: 'atomic' })),
});
export type XBackendStatus = Static<typeof status>;

export const xBackend = kubernetesKind('XBackend', `${EXPERIMENTS}/v1alpha1`, { spec, status: optional(status) });
export type XBackend = Static<typeof xBackend>;
