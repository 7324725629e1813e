/** Access logs, traces, metrics and request ids of the proxies. */
import { fraction } from '../gateway-api/fraction.ts';
import { defaulted, flag, int32, list, map, object, oneOf, optional, type Static, text } from '../schema.ts';
import { accessLog } from './access-log.ts';
import { healthCheckLog } from './health-check.ts';
import { goesWith } from './load-balancer.ts';
import { quantity, stringMatch } from './names.ts';
import { backendClusterFields, backendRefRules, exportHeaders, reachable, resourceAttributes } from './telemetry-backend.ts';

const customTag = object({
  environment: optional(object({ defaultValue: optional(text()), name: text() })),
  literal: optional(object({ value: text() })),
  requestHeader: optional(object({ defaultValue: optional(text()), name: text() })),
  type: defaulted(oneOf(['Literal', 'Environment', 'RequestHeader']), 'Literal'),
});

const sampler = object(
  {
    samplingPercentage: optional(fraction),
    type: defaulted(
      oneOf(['AlwaysOn', 'AlwaysOff', 'TraceIdRatio', 'ParentBasedAlwaysOn', 'ParentBasedAlwaysOff', 'ParentBasedTraceIdRatio']),
      'AlwaysOn',
    ),
  },
  {
    rules: [
      {
        rule: "has(self.samplingPercentage) ? (self.type == 'TraceIdRatio' || self.type == 'ParentBasedTraceIdRatio') : true",
        message: 'samplingPercentage can only be set with TraceIdRatio or ParentBasedTraceIdRatio',
      },
    ],
  },
);

const tracingProvider = object(
  {
    ...backendClusterFields,
    host: optional(text({ description: 'Deprecated: use backendRefs.' })),
    openTelemetry: optional(
      object({ headers: optional(exportHeaders), resourceAttributes: optional(resourceAttributes), sampler: optional(sampler) }),
    ),
    port: defaulted(int32({ minimum: 0 }), 4317),
    serviceName: optional(text({ rules: [{ rule: 'self != ""', message: 'serviceName cannot be empty if provided' }] })),
    type: defaulted(oneOf(['OpenTelemetry', 'Zipkin', 'Datadog']), 'OpenTelemetry'),
    zipkin: optional(object({ disableSharedSpanContext: optional(flag()), enable128BitTraceId: optional(flag()) })),
  },
  {
    rules: [
      reachable,
      ...backendRefRules,
      {
        rule: "has(self.openTelemetry) ? self.type == 'OpenTelemetry' : true",
        message: 'openTelemetry can only be used with type OpenTelemetry',
      },
    ],
  },
);

const tracing = object(
  {
    clientSamplingFraction: optional(fraction),
    customTags: optional(map(customTag, { description: 'Deprecated: use tags.' })),
    overallSamplingFraction: optional(fraction),
    provider: tracingProvider,
    samplingFraction: optional(fraction),
    samplingRate: optional(int32({ minimum: 0, maximum: 100, description: 'Percent of the requests that are traced.' })),
    spanName: optional(object({ client: text(), server: text() })),
    tags: optional(map(text())),
  },
  {
    rules: [
      {
        rule: '!(has(self.samplingRate) && has(self.samplingFraction))',
        message: 'only one of SamplingRate or SamplingFraction can be specified',
      },
    ],
  },
);
export type ProxyTracing = Static<typeof tracing>;

const metricSink = object(
  {
    openTelemetry: optional(
      object(
        {
          ...backendClusterFields,
          headers: optional(exportHeaders),
          host: optional(text({ description: 'Deprecated: use backendRefs.' })),
          port: defaulted(int32({ minimum: 0, maximum: 65_535 }), 4317),
          reportCountersAsDeltas: optional(flag()),
          reportHistogramsAsDeltas: optional(flag()),
          resourceAttributes: optional(resourceAttributes),
        },
        { rules: [reachable, ...backendRefRules] },
      ),
    ),
    type: defaulted(oneOf(['OpenTelemetry']), 'OpenTelemetry'),
  },
  { rules: [goesWith('OpenTelemetry', 'openTelemetry', 'If MetricSink type is OpenTelemetry, openTelemetry field needs to be set.')] },
);

const metrics = object({
  clusterStatName: optional(text({ description: 'Pattern for the name of a backend cluster in the statistics.' })),
  enableGRPCStats: optional(flag()),
  enablePerEndpointStats: optional(flag()),
  enableRequestResponseSizesStats: optional(flag()),
  enableVirtualHostStats: optional(flag()),
  matches: optional(list(stringMatch, { description: 'The statistics that are kept beyond the default ones.' })),
  prometheus: optional(
    object({
      compression: optional(
        object({
          brotli: optional(object({})),
          gzip: optional(object({})),
          minContentLength: optional(quantity),
          type: oneOf(['Gzip', 'Brotli', 'Zstd']),
          zstd: optional(object({})),
        }),
      ),
      disable: optional(flag()),
    }),
  ),
  sinks: optional(list(metricSink, { maxItems: 16 })),
});
export type ProxyMetrics = Static<typeof metrics>;

export const proxyTelemetry = object({
  accessLog: optional(accessLog),
  healthCheckLog: optional(healthCheckLog),
  metrics: optional(metrics),
  requestID: optional(object({ tracing: optional(oneOf(['PackAndSample', 'Sample', 'Pack', 'Disable'])) })),
  tracing: optional(tracing),
});
export type ProxyTelemetry = Static<typeof proxyTelemetry>;
