/** Service, as far as a gateway reads it: its ports, and whether it has endpoints of its own. */
import { kubernetesKind } from '../object-meta.ts';
import { anyObject, defaulted, flag, int32, intOrString, list, map, object, oneOf, optional, type Static, text } from '../schema.ts';

const port = object(
  {
    name: optional(text()),
    port: int32({ minimum: 1, maximum: 65535 }),
    protocol: defaulted(oneOf(['TCP', 'UDP', 'SCTP']), 'TCP'),
    appProtocol: optional(text()),
    /** Left out it is the port itself. */
    targetPort: optional(intOrString()),
  },
  { open: true },
);
export type ServicePort = Static<typeof port>;

const spec = object(
  {
    type: defaulted(oneOf(['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName']), 'ClusterIP'),
    clusterIP: optional(text()),
    clusterIPs: optional(list(text())),
    externalName: optional(text()),
    selector: optional(map(text())),
    ports: defaulted(list(port), []),
    publishNotReadyAddresses: optional(flag()),
    trafficDistribution: optional(text()),
  },
  { open: true },
);
export type ServiceSpec = Static<typeof spec>;

export const service = kubernetesKind('Service', 'v1', { spec: defaulted(spec, {}), status: optional(anyObject()) });
export type Service = Static<typeof service>;
