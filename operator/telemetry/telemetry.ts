import { hostname } from 'node:os';
import type { Registry } from 'prom-client';
import type { EnvoyGateway } from '../../crds/gateway-envoyproxy-io/envoy-gateway.ts';
import { nameOf } from '../cluster/resource-kind.ts';
import type { ControlPlane, ControlPlaneLogger } from '../control-plane.ts';
import type { WriteRecord } from '../infrastructure/kubernetes/fleet-writer.ts';
import type { StatusWriter } from '../statuses/writer.ts';
import type { ChangeTraces } from './change-traces.ts';

export interface TelemetrySources {
  readonly registry: Registry;
  readonly controlPlane: ControlPlane;
  readonly writer: StatusWriter;
  readonly version: string;
  readonly logger: ControlPlaneLogger;
}

export interface Telemetry {
  /** To be told of what is written for proxies; undefined: there is no need. */
  readonly onWrite?: (write: WriteRecord) => void;
  close(): Promise<void>;
}

/** A collector that does not answer holds up the end no longer, in milliseconds. */
const CLOSE_MS = 2_000;

/** Sends metrics and traces where EnvoyGateway's `telemetry` says. Where it says nowhere, nothing of OpenTelemetry is even loaded. */
export async function startTelemetry(telemetry: EnvoyGateway['telemetry'], sources: TelemetrySources): Promise<Telemetry> {
  const collectors = (telemetry.metrics.sinks ?? []).flatMap(({ openTelemetry }) => openTelemetry ?? []);
  const traced = telemetry.traces?.sink.openTelemetry;
  if (collectors.length === 0 && traced === undefined) return { close: async () => undefined };
  const { registry, controlPlane, writer, logger } = sources;
  const parts = { resource: await resourceOf(sources.version), logger };
  const closing: (() => Promise<void>)[] = [];
  if (collectors.length > 0) closing.push(await (await import('./push-metrics.ts')).pushMetrics(registry, collectors, parts));
  const close = (): Promise<void> => inTime(Promise.allSettled(closing.map((each) => each())));
  if (traced === undefined) return { close };
  const { pushTraces } = await import('./push-traces.ts');
  const { changes, close: closeTraces } = await pushTraces(controlPlane, { ...telemetry.traces, collector: traced }, parts);
  closing.push(closeTraces);
  traceStatuses(writer, changes);
  return { close, onWrite: (write) => traceWrite(changes, write) };
}

async function resourceOf(version: string) {
  const { resourceFromAttributes } = await import('@opentelemetry/resources');
  return resourceFromAttributes({ 'service.name': 'gatehouse', 'service.version': version, 'service.instance.id': hostname() });
}

function traceStatuses(writer: StatusWriter, changes: ChangeTraces): void {
  const { onWrite } = writer;
  writer.onWrite = (write) => {
    onWrite(write);
    const { kind, key, seconds, ok } = write;
    const attributes = { kind: kind.kind, ...nameOf(key) };
    changes.wrote({ name: 'status write', attributes, seconds, problem: ok ? undefined : 'the API server did not take it' });
  };
}

const traceWrite = (changes: ChangeTraces, { verb, kind, namespace, name, seconds, error }: WriteRecord): void =>
  changes.wrote({ name: `infrastructure ${verb}`, attributes: { kind, namespace, name }, seconds, problem: error?.message });

async function inTime(work: Promise<unknown>): Promise<void> {
  const waited = new AbortController();
  const { setTimeout } = await import('node:timers/promises');
  await Promise.race([work, setTimeout(CLOSE_MS, undefined, { signal: waited.signal }).catch(() => undefined)]);
  waited.abort();
}
