import { exponentialBuckets, Gauge, Histogram, type Registry } from 'prom-client';
import type { ControlPlane } from '../control-plane.ts';
import type { StatusWriter } from '../statuses/writer.ts';

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

function registerDeliveryMetrics(registry: Registry, controlPlane: ControlPlane): void {
  const { pipeline, server } = controlPlane;
  const registers = [registry];
  const answered = new Histogram({
    name: 'gatehouse_xds_ack_seconds',
    help: 'From sending a resource until the proxy took it: the share of Envoy in a change.',
    labelNames: ['type'],
    buckets: exponentialBuckets(0.0005, 1.5, 24),
    registers,
  });
  controlPlane.onTransition(({ type, answeredInMs }) => {
    if (answeredInMs !== undefined) answered.observe({ type }, answeredInMs / 1000);
  });
  new Gauge({
    name: 'gatehouse_proxies_connected',
    help: 'Proxies with an open xDS stream, by fleet.',
    labelNames: ['fleet'],
    registers,
    collect() {
      this.reset();
      for (const [fleet] of pipeline.infra.entries()) this.set({ fleet }, server.fleetState(fleet).nodes.length);
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
}
