/**
 * EnvoyGateway: the file that configures the controller itself. Never an object of a cluster. Fields of the real API that are not
 * built are refused by name, so that nobody relies on a setting that does nothing.
 */
import { duration } from '../gateway-api/names.ts';
import { labelSelector } from '../object-meta.ts';
import { defaulted, flag, int32, list, map, object, oneOf, optional, type Rule, type Static, text } from '../schema.ts';
import { GROUP, VERSION } from './names.ts';

const watch = object(
  {
    type: oneOf(['Namespaces', 'NamespaceSelector']),
    namespaces: optional(list(text())),
    namespaceSelector: optional(labelSelector),
  },
  {
    rules: [
      {
        rule: "self.type == 'Namespaces' ? has(self.namespaces) && self.namespaces.size() > 0 && !has(self.namespaceSelector) : true",
        message: 'type Namespaces needs namespaces, and nothing else',
      },
      {
        rule: "self.type == 'NamespaceSelector' ? has(self.namespaceSelector) && !has(self.namespaces) : true",
        message: 'type NamespaceSelector needs namespaceSelector, and nothing else',
      },
    ],
  },
);
export type Watch = Static<typeof watch>;

const leaderElection = object({
  leaseDuration: defaulted(duration, '15s'),
  renewDeadline: defaulted(duration, '10s'),
  retryPeriod: defaulted(duration, '2s'),
  disable: defaulted(flag(), false),
});

/** Requests to the API server: `qps` a second on average, `burst` at once. */
const client = object({
  rateLimit: optional(object({ qps: defaulted(int32({ minimum: 1 }), 50), burst: defaulted(int32({ minimum: 1 }), 100) })),
});

const cluster = {
  watch: optional(watch),
  leaderElection: optional(leaderElection),
  client: optional(client),
  cacheSyncPeriod: optional(duration),
} as const;

const kubernetes = object(cluster, {
  notBuilt: ['rateLimitDeployment', 'rateLimitHpa', 'rateLimitPDB', 'deploy', 'shutdownManager', 'proxyTopologyInjector'],
});

/** In CEL: a type has its field, and no other type has it. */
const ownField = (type: string, field: string): Rule => ({
  rule: `self.type == '${type}' ? has(self.${field}) : !has(self.${field})`,
  message: `${field} goes with type ${type}, and type ${type} needs it`,
});

const file = object({ paths: list(text({ minLength: 1 }), { minItems: 1, description: 'YAML files, and folders of them.' }) });

const resource = object(
  {
    type: oneOf(['File', 'Kubernetes']),
    file: optional(file),
    kubernetes: optional(object(cluster)),
  },
  {
    rules: [
      ownField('File', 'file'),
      { rule: "self.type == 'Kubernetes' || !has(self.kubernetes)", message: 'kubernetes goes with type Kubernetes' },
    ],
  },
);

const host = object({
  configHome: optional(text()),
  dataHome: optional(text()),
  stateHome: optional(text()),
  runtimeDir: optional(text()),
});
export type HostInfrastructure = Static<typeof host>;

const infrastructure = object({ type: oneOf(['Host']), host: optional(host) }, { notBuilt: ['remote'] });

const custom = object({ resource, infrastructure: optional(infrastructure) });

const provider = object(
  {
    type: defaulted(oneOf(['Kubernetes', 'Custom']), 'Kubernetes'),
    kubernetes: optional(kubernetes),
    custom: optional(custom),
  },
  {
    rules: [
      ownField('Custom', 'custom'),
      { rule: "self.type == 'Kubernetes' || !has(self.kubernetes)", message: 'kubernetes goes with type Kubernetes' },
    ],
  },
);
export type EnvoyGatewayProvider = Static<typeof provider>;

const logging = object({
  level: defaulted(
    map(oneOf(['debug', 'info', 'warn', 'error']), {
      description: 'By component: default, provider, gateway-api, xds-translator, xds-server, xds, infrastructure, global-ratelimit.',
    }),
    { default: 'info' },
  ),
  encoder: defaulted(oneOf(['Text', 'JSON']), 'Text'),
});
export type EnvoyGatewayLogging = Static<typeof logging>;

const admin = object({
  address: defaulted(object({ host: defaulted(text(), '127.0.0.1'), port: defaulted(int32({ minimum: 0, maximum: 65_535 }), 19_000) }), {}),
  enableDumpConfig: defaulted(flag({ description: 'Writes this configuration to the log at start.' }), false),
  enablePprof: defaulted(flag(), false),
});
export type EnvoyGatewayAdmin = Static<typeof admin>;

export const envoyGateway = object(
  {
    apiVersion: oneOf([VERSION]),
    kind: oneOf(['EnvoyGateway']),
    gateway: defaulted(object({ controllerName: defaulted(text({ minLength: 1 }), `${GROUP}/gatewayclass-controller`) }), {}),
    provider: defaulted(provider, {}),
    logging: defaulted(logging, {}),
    admin: defaulted(admin, {}),
  },
  {
    notBuilt: [
      'telemetry',
      'xdsServer',
      'rateLimit',
      'extensionManager',
      'extensionManagers',
      'extensionApis',
      'gatewayAPI',
      'runtimeFlags',
      'envoyProxy',
    ],
  },
);
export type EnvoyGateway = Static<typeof envoyGateway>;
