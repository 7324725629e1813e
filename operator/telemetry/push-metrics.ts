import type { Resource } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import type { Registry } from 'prom-client';
import type { TelemetryCollector } from '../../crds/gateway-envoyproxy-io/controller-telemetry.ts';
import type { ControlPlaneLogger } from '../control-plane.ts';
import { exportTimes, metricExporter } from './collector.ts';
import { registryMetrics } from './registry-metrics.ts';

/** Sends all metrics of a registry to collectors, each at its own interval. Answers what sends once more and ends that. */
export async function pushMetrics(
  registry: Registry,
  collectors: readonly TelemetryCollector[],
  { resource, logger }: { readonly resource: Resource; readonly logger: ControlPlaneLogger },
): Promise<() => Promise<void>> {
  const readers = collectors.map(async (collector) => {
    const { interval, timeout } = exportTimes(collector);
    return new PeriodicExportingMetricReader({
      exporter: await metricExporter(collector, logger),
      exportIntervalMillis: interval,
      exportTimeoutMillis: timeout,
      metricProducers: [registryMetrics(registry)],
    });
  });
  const provider = new MeterProvider({ resource, readers: await Promise.all(readers) });
  return () => provider.shutdown();
}
