/** EnvoyProxy: how the proxies of a Gateway or a GatewayClass are run. */
import { duration, parentReference, secretObjectReference } from '../gateway-api/names.ts';
import { condition, kubernetesKind, labelSelector } from '../object-meta.ts';
import { defaulted, described, flag, int32, list, map, object, oneOf, optional, type Static, text } from '../schema.ts';
import { VERSION } from './names.ts';
import { bootstrap, dynamicModules, filterOrder, geoIp } from './proxy-extensions.ts';
import { proxyKubernetes } from './proxy-kubernetes.ts';
import { proxyTelemetry } from './proxy-telemetry.ts';
import { tlsFields, tlsRules } from './tls-settings.ts';

const logLevel = oneOf(['trace', 'debug', 'info', 'warn', 'error', 'off', 'critical']);

const logging = object({
  level: defaulted(map(logLevel, { description: 'By component of Envoy; `default` is for all others.' }), { default: 'warn' }),
});
export type ProxyLogging = Static<typeof logging>;

const provider = object({
  host: optional(object({ envoyVersion: optional(text()) }, { description: 'Proxies as processes of this machine.' })),
  kubernetes: optional(described('Proxies as pods, and the objects that belong to them.', proxyKubernetes)),
  type: oneOf(['Kubernetes', 'Host']),
});
export type EnvoyProxyProvider = Static<typeof provider>;

const shutdown = object({
  drainTimeout: optional(described('How long open connections may last after the drain began; 60s when unset.', duration)),
  healthCheckFailureDelay: optional(described('How long a proxy still looks healthy after the drain began.', duration)),
  minDrainDuration: optional(described('A proxy stays at least this long; 10s when unset.', duration)),
});
export type ShutdownConfig = Static<typeof shutdown>;

const spec = object(
  {
    backendTLS: optional(
      object(
        { ...tlsFields, clientCertificateRef: optional(secretObjectReference) },
        { rules: tlsRules, description: 'Defaults for TLS towards backends.' },
      ),
    ),
    bootstrap: optional(described("Changes to the proxies' bootstrap.", bootstrap)),
    concurrency: optional(int32({ description: "Envoy's worker threads; one for each CPU when unset." })),
    dynamicModules: optional(described('Shared libraries that policies may load by name.', dynamicModules)),
    extraArgs: optional(list(text(), { description: "Added to Envoy's command line." })),
    filterOrder: optional(described('Moves HTTP filters before or after others.', filterOrder)),
    geoIP: optional(described('Databases that tell where a client is.', geoIp)),
    ipFamily: optional(oneOf(['IPv4', 'IPv6', 'DualStack'], { description: 'Address family of listeners and Services.' })),
    logging: defaulted(described("Envoy's own log.", logging), { level: { default: 'warn' } }),
    luaValidation: optional(oneOf(['Strict', 'InsecureSyntax', 'Disabled'], { description: 'How Lua code is checked before it is used.' })),
    mergeBackends: optional(
      object({ selector: optional(labelSelector) }, { description: 'One cluster for each backend, whoever uses it.' }),
    ),
    mergeGateways: optional(flag({ description: 'One fleet for all Gateways of a GatewayClass.' })),
    mergeType: optional(
      oneOf(['Replace', 'StrategicMerge', 'JSONMerge'], { description: 'How this object goes together with the one of the next level.' }),
    ),
    preserveRouteOrder: optional(flag({ description: 'Routes match in the order of their rules instead of by precedence.' })),
    provider: optional(described('Where the proxies run.', provider)),
    routingType: optional(text({ description: 'Endpoint or Service: what a Service backend is resolved to.' })),
    shutdown: optional(described('How a proxy goes down.', shutdown)),
    telemetry: optional(described('Access logs, traces, metrics.', proxyTelemetry)),
  },
  {
    rules: [
      {
        rule: '!(has(self.mergeGateways) && self.mergeGateways && has(self.mergeBackends))',
        message: 'mergeGateways and mergeBackends cannot both be enabled',
      },
    ],
  },
);
export type EnvoyProxySpec = Static<typeof spec>;
export const envoyProxySpec = spec;

const ancestor = object({
  ancestorRef: parentReference,
  conditions: optional(list(condition, { listType: { map: ['type'] } })),
});

const status = object({ ancestors: optional(list(ancestor, { description: 'One entry for each Gateway or GatewayClass that uses it.' })) });
export type EnvoyProxyStatus = Static<typeof status>;

export const envoyProxy = kubernetesKind('EnvoyProxy', VERSION, { spec, status: optional(status) });
export type EnvoyProxy = Static<typeof envoyProxy>;
