/** EnvoyGateway's extension servers: programs that are asked about the translation. Known, and not built yet. */
import { portNumber, secretObjectReference } from '../gateway-api/names.ts';
import { defaulted, flag, int32, list, number, object, oneOf, optional, type Rule, text } from '../schema.ts';
import { positiveDuration } from './controller-cluster.ts';
import { quantity } from './names.ts';

const endpoints = ['fqdn', 'ip', 'unix', 'host'] as const;

const retry = object({
  maxAttempts: defaulted(int32({ minimum: 0 }), 4),
  initialBackoff: defaulted(positiveDuration, '100ms'),
  maxBackoff: defaulted(positiveDuration, '1s'),
  backoffMultiplier: defaulted(number(), 2),
  RetryableStatusCodes: defaulted(list(text()), ['UNAVAILABLE']),
});

/** A gRPC service outside of any cluster's API. */
export const extensionService = object(
  {
    fqdn: optional(object({ hostname: text({ minLength: 1 }), port: portNumber })),
    ip: optional(object({ address: text({ minLength: 1 }), port: portNumber })),
    unix: optional(object({ path: text({ minLength: 1, maxLength: 108 }) })),
    host: optional(text({ minLength: 1, description: 'Deprecated: use fqdn or ip.' })),
    port: defaulted(portNumber, 80),
    tls: optional(object({ certificateRef: secretObjectReference, clientCertificateRef: optional(secretObjectReference) })),
    retry: optional(retry),
  },
  {
    rules: [
      {
        rule: `[${endpoints.map((field) => `has(self.${field})`).join(', ')}].filter(is, is).size() == 1`,
        message: `exactly one of ${endpoints.join(', ')} says where the service is`,
      },
    ],
  },
);

const kind = object({ group: text(), version: text({ minLength: 1 }), kind: text({ minLength: 1 }) });

const includeAll = (byDefault: boolean) => optional(object({ includeAll: defaulted(flag(), byDefault) }));

const HOOKS = ['VirtualHost', 'Route', 'HTTPListener', 'Translation', 'Cluster', 'Endpoints'] as const;

const hooks = object({
  xdsTranslator: optional(
    object({
      pre: optional(list(oneOf(HOOKS))),
      post: optional(list(oneOf(HOOKS))),
      translation: optional(
        object({ listener: includeAll(false), route: includeAll(false), cluster: includeAll(true), secret: includeAll(true) }),
      ),
    }),
  ),
});

const fields = {
  resources: optional(list(kind)),
  policyResources: optional(list(kind)),
  backendResources: optional(list(kind)),
  hooks: optional(hooks),
  service: optional(extensionService),
  failOpen: defaulted(flag(), false),
  maxMessageSize: defaulted(quantity, '4M'),
} as const;

const CALLED = 'has(self.hooks) && has(self.hooks.xdsTranslator)';
const HOOKED = `${CALLED} && ((has(self.hooks.xdsTranslator.pre) && self.hooks.xdsTranslator.pre.size() > 0) || (has(self.hooks.xdsTranslator.post) && self.hooks.xdsTranslator.post.size() > 0))`;

const isCalled: Rule = {
  rule: `(${HOOKED}) || (has(self.policyResources) && self.policyResources.size() > 0)`,
  message: 'it would never be called; name a hook in hooks.xdsTranslator, or a kind in policyResources',
};

export const extensionManager = object({ name: optional(text()), ...fields }, { rules: [isCalled] });

/** Asked one after the other. */
export const extensionManagers = list(object({ name: text({ minLength: 1 }), ...fields }, { rules: [isCalled] }), {
  minItems: 1,
  listType: { map: ['name'] },
});
