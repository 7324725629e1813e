import type { EnvoyProxySpec } from '../../../crds/gateway-envoyproxy-io/envoy-proxy.ts';

type Telemetry = NonNullable<EnvoyProxySpec['telemetry']>;

/** What the contract has and this release does not do, and whether an object asks for it. A value that is what happens anyway asks for nothing. */
const TOP: Readonly<Record<string, (spec: EnvoyProxySpec) => boolean>> = {
  backendTLS: ({ backendTLS }) => backendTLS !== undefined,
  dynamicModules: ({ dynamicModules }) => dynamicModules !== undefined,
  filterOrder: ({ filterOrder }) => filterOrder !== undefined,
  geoIP: ({ geoIP }) => geoIP !== undefined,
  luaValidation: ({ luaValidation }) => luaValidation !== undefined,
  mergeBackends: ({ mergeBackends }) => mergeBackends !== undefined,
  mergeGateways: ({ mergeGateways }) => mergeGateways === true,
  preserveRouteOrder: ({ preserveRouteOrder }) => preserveRouteOrder === true,
  'provider.host.envoyVersion': ({ provider }) => provider?.host?.envoyVersion !== undefined,
  routingType: ({ routingType }) => routingType !== undefined && routingType !== 'Endpoint',
};

const METRICS = [
  'clusterStatName',
  'enablePerEndpointStats',
  'enableRequestResponseSizesStats',
  'enableVirtualHostStats',
  'matches',
  'sinks',
] as const;

/** Access log settings of an object that switches access logs off have nothing to say. */
function ofTelemetry({ accessLog, healthCheckLog, metrics, requestID, tracing }: Telemetry): readonly string[] {
  const settings = accessLog?.disable !== true && accessLog?.settings !== undefined;
  return [
    ...(settings ? ['accessLog.settings'] : []),
    ...(healthCheckLog === undefined ? [] : ['healthCheckLog']),
    ...METRICS.filter((field) => metrics?.[field] !== undefined && metrics[field] !== false).map((field) => `metrics.${field}`),
    ...(metrics?.enableGRPCStats === false ? ['metrics.enableGRPCStats'] : []),
    ...(metrics?.prometheus?.compression === undefined ? [] : ['metrics.prometheus.compression']),
    ...(requestID?.tracing === undefined ? [] : ['requestID.tracing']),
    ...(tracing === undefined ? [] : ['tracing']),
  ].map((field) => `telemetry.${field}`);
}

/** What concerns pods; proxies of this machine are run in one way only. */
const OF_PODS: Readonly<Record<string, (spec: EnvoyProxySpec) => boolean>> = {
  bootstrap: ({ bootstrap }) => bootstrap !== undefined,
  concurrency: ({ concurrency }) => concurrency !== undefined,
  extraArgs: ({ extraArgs }) => extraArgs !== undefined,
  'logging.level': ({ logging: { level } }) => Object.entries(level).some(([component, own]) => component !== 'default' || own !== 'warn'),
  shutdown: ({ shutdown }) => shutdown !== undefined,
};

/**
 * Paths of the fields that are taken and have no effect, as `spec.geoIP`; sorted.
 * @param onHost the proxies run on this machine
 */
export function fieldsWithoutEffect(spec: EnvoyProxySpec, onHost: boolean): readonly string[] {
  const asked = Object.entries({ ...TOP, ...(onHost ? OF_PODS : {}) });
  const top = asked.flatMap(([field, asks]) => (asks(spec) ? [field] : []));
  return [...top, ...ofTelemetry(spec.telemetry ?? {})].sort().map((field) => `spec.${field}`);
}
