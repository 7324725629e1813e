/** EndpointSlice: addresses and ports of a Service's backends. */
import { kubernetesKind } from '../object-meta.ts';
import { defaulted, flag, int32, list, object, oneOf, optional, type Static, text } from '../schema.ts';

/** Absent is not known: `ready` counts as true, `serving` as `ready`, `terminating` as false. */
const endpointConditions = object({ ready: optional(flag()), serving: optional(flag()), terminating: optional(flag()) });
export type EndpointConditions = Static<typeof endpointConditions>;

const endpoint = object(
  {
    addresses: list(text(), { minItems: 1, maxItems: 100, listType: 'set' }),
    conditions: defaulted(endpointConditions, {}),
    hostname: optional(text()),
    nodeName: optional(text()),
    zone: optional(text()),
  },
  { open: true },
);
export type Endpoint = Static<typeof endpoint>;

const port = object(
  {
    /** Equal to the name of the Service's port; empty for the only port. */
    name: defaulted(text(), ''),
    port: optional(int32({ minimum: 1, maximum: 65535 })),
    protocol: defaulted(oneOf(['TCP', 'UDP', 'SCTP']), 'TCP'),
    appProtocol: optional(text()),
  },
  { open: true },
);
export type EndpointPort = Static<typeof port>;

/** The label that ties a slice to its Service. */
export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';

export const endpointSlice = kubernetesKind('EndpointSlice', 'discovery.k8s.io/v1', {
  addressType: oneOf(['IPv4', 'IPv6', 'FQDN']),
  endpoints: defaulted(list(endpoint, { maxItems: 1000 }), []),
  ports: defaulted(list(port, { maxItems: 100 }), []),
});
export type EndpointSlice = Static<typeof endpointSlice>;
