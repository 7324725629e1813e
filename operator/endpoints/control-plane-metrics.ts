import { Counter, exponentialBuckets, Gauge, Histogram, type Registry } from 'prom-client';
import type { ControlPlane } from '../control-plane.ts';
import type { StatusWrite, StatusWriter } from '../statuses/writer.ts';
import { registerDeliveryMetrics } from './delivery-metrics.ts';

/** Tells how much work changes cause, and what the proxies hold; read at each scrape. */
export function registerControlPlaneMetrics(registry: Registry, controlPlane: ControlPlane): void {
  registerDerivationMetrics(registry, controlPlane);
  registerDeliveryMetrics(registry, controlPlane);
}

function registerDerivationMetrics(registry: Registry, { pipeline, endpoints }: ControlPlane): void {
  const registers = [registry];
  new Gauge({
    name: 'gatehouse_derivation_runs_total',
    help: 'Runs of each derivation since the start: one change should cause few.',
    labelNames: ['graph', 'derivation'],
    registers,
    collect() {
      for (const { name, counters } of [pipeline.graph, endpoints.graph]) {
        for (const [derivation, { runs }] of counters) this.set({ graph: name, derivation }, runs);
      }
    },
  });
  new Gauge({
    name: 'gatehouse_contained_faults',
    help: 'Inputs whose translation failed and is contained. Not 0: please report.',
    registers,
    collect() {
      this.set(pipeline.graph.faults.size + endpoints.graph.faults.size);
    },
  });
}

/** What became of status writes. */
export function registerStatusMetrics(registry: Registry, writer: StatusWriter): void {
  new Gauge({
    name: 'gatehouse_status_writes_total',
    help: 'Status writes by what became of them.',
    labelNames: ['result'],
    registers: [registry],
    collect() {
      for (const [result, count] of Object.entries(writer.counters)) this.set({ result }, count);
    },
  });
  writer.onWrite = statusWrites(registry);
}

/** The contract's names (C.14); by kind only, because a series for each object would be one for each route. */
function statusWrites(registry: Registry): (write: StatusWrite) => void {
  const registers = [registry];
  const labelNames = ['kind', 'status'] as const;
  const total = new Counter({ name: 'status_update_total', help: 'Status writes that the API server answered.', labelNames, registers });
  const duration = new Histogram({
    name: 'status_update_duration_seconds',
    help: 'How long the API server took for a status.',
    labelNames,
    buckets: exponentialBuckets(0.002, 2, 14),
    registers,
  });
  return ({ kind, seconds, ok }) => {
    const labels = { kind: kind.kind, status: ok ? 'success' : 'failure' };
    total.inc(labels);
    duration.observe(labels, seconds);
  };
}
