import type { Resource } from '@opentelemetry/resources';
import { BatchSpanProcessor, ParentBasedSampler, TraceIdRatioBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace';
import type { ControllerTraces, TelemetryCollector } from '../../crds/gateway-envoyproxy-io/controller-telemetry.ts';
import type { ControlPlane, ControlPlaneLogger } from '../control-plane.ts';
import { ChangeTraces } from './change-traces.ts';
import { exportTimes, spanExporter } from './collector.ts';

export interface Traces {
  readonly changes: ChangeTraces;
  /** Sends what waits, and ends. */
  readonly close: () => Promise<void>;
}

/** Sends the traces of a control plane's changes to a collector, as many of them as the configuration wants. */
export async function pushTraces(
  controlPlane: ControlPlane,
  { collector, samplingRate }: Pick<ControllerTraces, 'samplingRate'> & { readonly collector: TelemetryCollector },
  { resource, logger }: { readonly resource: Resource; readonly logger: ControlPlaneLogger },
): Promise<Traces> {
  const { interval, timeout } = exportTimes(collector);
  const exporter = await spanExporter(collector, logger);
  const share = samplingRate === undefined ? 1 : samplingRate.numerator / samplingRate.denominator;
  const provider = new TracerProvider({
    resource,
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(share) }),
    spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: interval, exportTimeoutMillis: timeout })],
  });
  const { propagation, cache } = controlPlane;
  const changes = new ChangeTraces({
    tracer: provider.getTracer('gatehouse'),
    since: () => propagation.since,
    now: () => performance.now(),
  });
  const unwatch = cache.watch((commit) => changes.committed(commit));
  propagation.onPublished = () => changes.published();
  controlPlane.onTransition((transition) => changes.answered(transition));
  const close = async (): Promise<void> => {
    unwatch();
    await provider.shutdown();
  };
  return { changes, close };
}
