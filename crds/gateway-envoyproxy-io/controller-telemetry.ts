/** What EnvoyGateway's controller tells of itself: metrics to be scraped, metrics and traces that are sent. */
import { fraction } from '../gateway-api/fraction.ts';
import { defaulted, flag, int32, list, object, oneOf, optional, type Static, text } from '../schema.ts';
import { ownField, positiveDuration } from './controller-cluster.ts';

const collector = object({
  host: text({ minLength: 1 }),
  port: defaulted(int32({ minimum: 1, maximum: 65_535 }), 4317),
  protocol: defaulted(oneOf(['grpc', 'http']), 'grpc'),
  exportInterval: defaulted(positiveDuration, '60s'),
  exportTimeout: defaulted(positiveDuration, '30s'),
});
/** An OpenTelemetry collector and how often it is sent to. Durations as in GEP-2257. */
export type TelemetryCollector = Static<typeof collector>;

const sink = object(
  { type: defaulted(oneOf(['OpenTelemetry']), 'OpenTelemetry'), openTelemetry: optional(collector) },
  { rules: [ownField('OpenTelemetry', 'openTelemetry')] },
);

const metrics = object({
  prometheus: defaulted(object({ disable: defaulted(flag({ description: 'No /metrics.' }), false) }), {}),
  sinks: optional(list(sink)),
});
export type ControllerMetrics = Static<typeof metrics>;

const traces = object({ samplingRate: optional(fraction), sink });
export type ControllerTraces = Static<typeof traces>;

export const controllerTelemetry = object({ metrics: defaulted(metrics, {}), traces: optional(traces) });
