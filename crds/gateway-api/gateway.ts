/** Gateway: listeners, addresses, and how the proxies behind them are set up. */
import { conditions, kubernetesKind, labelSelector } from '../object-meta.ts';
import { defaulted, int32, list, map, object, oneOf, optional, prefilled, type Rule, type Static, text } from '../schema.ts';
import { assignedAddresses, requestedAddresses } from './gateway-addresses.ts';
import { listeners } from './listener.ts';
import { listenerStatuses } from './listener-status.ts';
import { GROUP, localObjectReference, objectName, objectReference, portNumber, secretObjectReference } from './names.ts';
import { pending } from './pending.ts';

const KEY = '^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]$';

const keyRules = (subject: string): readonly Rule[] => [
  {
    rule: `self.all(key, key.matches(r"""${KEY}"""))`,
    message: `${subject} keys must be in the form of an optional DNS subdomain prefix followed by a required name segment of up to 63 characters.`,
  },
  {
    rule: 'self.all(key, key.split("/")[0].size() < 253)',
    message: `If specified, the ${subject.toLowerCase()} key's prefix must be a DNS subdomain not longer than 253 characters in total.`,
  },
];

const infrastructure = object({
  annotations: optional(map(text({ minLength: 0, maxLength: 4096 }), { maxProperties: 16, rules: keyRules('Annotation') })),
  labels: optional(
    map(text({ minLength: 0, maxLength: 63, pattern: '^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$' }), {
      maxProperties: 8,
      rules: keyRules('Label'),
    }),
  ),
  parametersRef: optional(localObjectReference),
});
export type GatewayInfrastructure = Static<typeof infrastructure>;

const frontendTls = object({
  validation: optional(
    object({
      caCertificateRefs: list(objectReference, { minItems: 1, maxItems: 16, listType: 'atomic' }),
      mode: defaulted(oneOf(['AllowValidOnly', 'AllowInsecureFallback']), 'AllowValidOnly'),
    }),
  ),
});
export type FrontendTLS = Static<typeof frontendTls>;

const gatewayTls = object({
  backend: optional(object({ clientCertificateRef: optional(secretObjectReference) })),
  frontend: optional(
    object({
      default: frontendTls,
      perPort: optional(
        list(object({ port: portNumber, tls: frontendTls }), {
          maxItems: 64,
          listType: { map: ['port'] },
          rules: [
            {
              rule: 'self.all(t1, self.exists_one(t2, t1.port == t2.port))',
              message: 'Port for TLS configuration must be unique within the Gateway',
            },
          ],
        }),
      ),
    }),
  ),
});
export type GatewayTLSConfig = Static<typeof gatewayTls>;

const listenerNamespaces = object({
  from: defaulted(oneOf(['All', 'Selector', 'Same', 'None']), 'None'),
  selector: optional(labelSelector),
});

const spec = object({
  addresses: optional(requestedAddresses),
  allowedListeners: optional(object({ namespaces: defaulted(listenerNamespaces, { from: 'None' }) })),
  defaultScope: optional(oneOf(['All', 'None'])),
  gatewayClassName: objectName,
  infrastructure: optional(infrastructure),
  listeners,
  tls: optional(gatewayTls),
});
export type GatewaySpec = Static<typeof spec>;

const status = object({
  addresses: optional(assignedAddresses),
  attachedListenerSets: optional(int32()),
  conditions: defaulted(conditions(), pending('Accepted', 'Programmed')),
  listeners: listenerStatuses,
});
export type GatewayStatus = Static<typeof status>;

export const gateway = kubernetesKind('Gateway', `${GROUP}/v1`, {
  spec,
  status: prefilled(status, { conditions: pending('Accepted', 'Programmed') }),
});
export type Gateway = Static<typeof gateway>;
