import type { PushMetricExporter } from '@opentelemetry/sdk-metrics';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import type { TelemetryCollector } from '../../crds/gateway-envoyproxy-io/controller-telemetry.ts';
import { durationMs } from '../../translators/gateway-api/duration.ts';
import type { ControlPlaneLogger } from '../control-plane.ts';

/** How often is sent and how long that may take; never longer than until the next time. Milliseconds. */
export function exportTimes({ exportInterval, exportTimeout }: TelemetryCollector): {
  readonly interval: number;
  readonly timeout: number;
} {
  const interval = Math.max(1, durationMs(exportInterval) ?? 0);
  return { interval, timeout: Math.min(interval, Math.max(1, durationMs(exportTimeout) ?? interval)) };
}

/** Metrics to this collector, without TLS (contract B.2). Loads what its protocol needs. */
export async function metricExporter(collector: TelemetryCollector, logger: ControlPlaneLogger): Promise<PushMetricExporter> {
  const { OTLPMetricExporter } =
    collector.protocol === 'http'
      ? await import('@opentelemetry/exporter-metrics-otlp-http')
      : await import('@opentelemetry/exporter-metrics-otlp-grpc');
  const exporter = new OTLPMetricExporter(configurationOf(collector, 'metrics'));
  const heard = teller(collector, logger, 'metrics');
  return {
    export: (metrics, done) => exporter.export(metrics, (result) => done(heard(result))),
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  };
}

/** Traces to this collector, as `metricExporter`. */
export async function spanExporter(collector: TelemetryCollector, logger: ControlPlaneLogger): Promise<SpanExporter> {
  const { OTLPTraceExporter } =
    collector.protocol === 'http'
      ? await import('@opentelemetry/exporter-trace-otlp-http')
      : await import('@opentelemetry/exporter-trace-otlp-grpc');
  const exporter = new OTLPTraceExporter(configurationOf(collector, 'traces'));
  const heard = teller(collector, logger, 'traces');
  return {
    export: (spans, done) => exporter.export(spans, (result) => done(heard(result))),
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  };
}

type Signal = 'metrics' | 'traces';

const addressOf = ({ host, port }: TelemetryCollector): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;

function configurationOf(collector: TelemetryCollector, signal: Signal): { readonly url: string; readonly timeoutMillis: number } {
  const base = `http://${addressOf(collector)}`;
  return { url: collector.protocol === 'http' ? `${base}/v1/${signal}` : base, timeoutMillis: exportTimes(collector).timeout };
}

/** Says once that a collector does not take what it is sent, and once that it does again. Answers what it is told. */
function teller(collector: TelemetryCollector, logger: ControlPlaneLogger, signal: Signal) {
  const name = `The collector at ${addressOf(collector)}`;
  let failing = false;
  return <R extends { readonly code: number; readonly error?: Error }>(result: R): R => {
    const failed = result.code !== 0;
    if (failed && !failing)
      logger.warn(
        `${name} does not take ${signal} by ${collector.protocol}, they are lost meanwhile: ${result.error?.message ?? 'no reason'}.`,
      );
    if (!failed && failing) logger.info(`${name} takes ${signal} again.`);
    failing = failed;
    return result;
  };
}
