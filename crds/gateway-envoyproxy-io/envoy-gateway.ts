/**
 * EnvoyGateway: the file that configures the controller itself. Never an object of a cluster. What of the real API is not built is
 * refused by name, so that nobody relies on a setting that does nothing.
 */
import { controllerName } from '../gateway-api/names.ts';
import { type DefaultedField, defaulted, flag, int32, list, object, oneOf, optional, type Static, text, unbuilt } from '../schema.ts';
import { positiveDuration } from './controller-cluster.ts';
import { provider } from './controller-provider.ts';
import { controllerRateLimit } from './controller-rate-limit.ts';
import { controllerTelemetry } from './controller-telemetry.ts';
import { envoyProxySpec } from './envoy-proxy.ts';
import { extensionManager, extensionManagers } from './extension-servers.ts';
import { GROUP, quantity, VERSION } from './names.ts';

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

const admin = object({
  address: defaulted(object({ host: defaulted(text(), '127.0.0.1'), port: defaulted(int32({ minimum: 0, maximum: 65_535 }), 19_000) }), {}),
  enableDumpConfig: defaulted(flag({ description: 'Writes this configuration to the log when it begins to hold.' }), false),
  enablePprof: defaulted(flag({ description: 'CPU profiles at /debug/pprof/profile.' }), false),
});

const xdsServer = object({
  maxConnectionAge: optional(positiveDuration),
  maxConnectionAgeGrace: defaulted(positiveDuration, '2m'),
  maxReceiveMessageSize: defaulted(quantity, '32Mi'),
});
/** Unset age: 10, 11 or 12 hours, by chance, so that proxies do not come back all at once. */
export type XdsServerSettings = Static<typeof xdsServer>;

/** Something that can be switched on in the real API and not yet here. */
const off = (): DefaultedField<boolean> =>
  defaulted(flag({ rules: [{ rule: '!self', message: 'true is not built yet; remove the field' }] }), false);

const extensionApis = object({
  enableEnvoyPatchPolicy: off(),
  enableBackend: off(),
  enableLua: off(),
  disableLua: optional(flag({ description: 'Deprecated.', rules: [{ rule: 'self', message: 'Lua is not built yet; remove the field' }] })),
  enableSDSSecretRef: off(),
});

/** What is installed is read, so that nothing has to be switched on. */
const gatewayApi = object({ enabled: optional(list(oneOf(['XBackendTrafficPolicy']))) });

const FLAGS = ['XDSNameSchemeV2', 'EndpointSliceIndex', 'PerResourceSystemCASecret'] as const;
const runtimeFlag = oneOf(FLAGS);

/** Those that change nothing may be said: what is on is on, and what is off is off. */
const runtimeFlags = object({
  enabled: optional(
    list(runtimeFlag, {
      rules: ['XDSNameSchemeV2', 'PerResourceSystemCASecret'].map((name) => ({
        rule: `!self.exists(name, name == '${name}')`,
        message: `${name} is not built yet; take it from the list`,
      })),
    }),
  ),
  disabled: optional(
    list(runtimeFlag, {
      rules: [
        {
          rule: "!self.exists(name, name == 'EndpointSliceIndex')",
          message: 'EndpointSliceIndex is how endpoints are found here and cannot be off; take it from the list',
        },
      ],
    }),
  ),
});

export const envoyGateway = object(
  {
    apiVersion: oneOf([VERSION]),
    kind: oneOf(['EnvoyGateway']),
    gateway: defaulted(object({ controllerName: defaulted(controllerName, `${GROUP}/gatewayclass-controller`) }), {}),
    provider: defaulted(provider, {}),
    logging: defaulted(logging, {}),
    admin: defaulted(admin, {}),
    telemetry: defaulted(controllerTelemetry, {}),
    xdsServer: defaulted(xdsServer, {}),
    envoyProxy: optional(envoyProxySpec),
    extensionApis: optional(extensionApis),
    runtimeFlags: optional(runtimeFlags),
    gatewayAPI: optional(gatewayApi),
    rateLimit: unbuilt(controllerRateLimit),
    extensionManager: unbuilt(extensionManager),
    extensionManagers: unbuilt(extensionManagers),
  },
  { rules: [{ rule: '!has(self.extensionManager) || !has(self.extensionManagers)', message: 'use extensionManagers alone' }] },
);
export type EnvoyGateway = Static<typeof envoyGateway>;
