/**
 * EnvoyGateway: the file that configures the controller itself. Never an object of a cluster. Fields of the real API that are not
 * built are refused by name, so that nobody relies on a setting that does nothing.
 */
import { defaulted, flag, int32, list, object, oneOf, optional, type Rule, type Static, text } from '../schema.ts';
import { GROUP, VERSION } from './names.ts';

/** Settings of the way to the API server. */
const CLUSTER = ['watch', 'leaderElection', 'client', 'cacheSyncPeriod'] as const;

const kubernetes = object(
  {},
  { notBuilt: [...CLUSTER, 'rateLimitDeployment', 'rateLimitHpa', 'rateLimitPDB', 'deploy', 'shutdownManager', 'proxyTopologyInjector'] },
);

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
    kubernetes: optional(object({}, { notBuilt: CLUSTER })),
  },
  {
    rules: [
      ownField('File', 'file'),
      { rule: "self.type == 'Kubernetes' || !has(self.kubernetes)", message: 'kubernetes goes with type Kubernetes' },
    ],
  },
);

const host = object(
  { runtimeDir: optional(text({ minLength: 1, description: 'A folder for sockets and process files; made where it is missing.' })) },
  { notBuilt: ['configHome', 'dataHome', 'stateHome'] },
);

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

const level = oneOf(['debug', 'info', 'warn', 'error']);

const logging = object({
  level: defaulted(
    object(
      {
        default: optional(level),
        provider: optional(level),
        'gateway-api': optional(level),
        'xds-translator': optional(level),
        'xds-server': optional(level),
        xds: optional(level),
        infrastructure: optional(level),
      },
      { description: 'By component; `default` is for all that are not named.', notBuilt: ['global-ratelimit'] },
    ),
    { default: 'info' },
  ),
  encoder: defaulted(oneOf(['Text', 'JSON']), 'Text'),
});

const admin = object(
  {
    address: defaulted(
      object({ host: defaulted(text(), '127.0.0.1'), port: defaulted(int32({ minimum: 0, maximum: 65_535 }), 19_000) }),
      {},
    ),
    enableDumpConfig: defaulted(flag({ description: 'Writes this configuration to the log at start.' }), false),
  },
  { notBuilt: ['enablePprof'] },
);

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
