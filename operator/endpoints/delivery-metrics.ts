import { Counter, exponentialBuckets, Gauge, Histogram, type Registry } from 'prom-client';
import type { NodeState } from '../../xds/fleet-hub.ts';
import { RESOURCE_TYPES } from '../../xds/resource.ts';
import type { ControlPlane } from '../control-plane.ts';

/** What the proxies are sent and say; ours, and what the contract (C.14) names. */
export function registerDeliveryMetrics(registry: Registry, controlPlane: ControlPlane): void {
  registerAnswerMetrics(registry, controlPlane);
  registerSnapshotMetrics(registry, controlPlane);
  registerProxyMetrics(registry, controlPlane);
}

function registerAnswerMetrics(registry: Registry, controlPlane: ControlPlane): void {
  const registers = [registry];
  const buckets = exponentialBuckets(0.0005, 1.5, 24);
  const answered = new Histogram({
    name: 'gatehouse_xds_ack_seconds',
    help: 'From sending a resource until the proxy took it: the share of Envoy in a change.',
    labelNames: ['type'],
    buckets,
    registers,
  });
  const propagated = new Histogram({
    name: 'gatehouse_propagation_seconds',
    help: 'From the arrival of a change until a proxy took what follows from it, by fleet.',
    labelNames: ['fleet'],
    buckets,
    registers,
  });
  const refused = new Counter({
    name: 'xds_nack_total',
    help: 'Resources that a proxy refused.',
    labelNames: ['nodeID', 'typeURL'],
    registers,
  });
  controlPlane.onTransition((transition) => {
    const { type, node, fleet, state, answeredInMs } = transition;
    if (answeredInMs !== undefined) answered.observe({ type }, answeredInMs / 1000);
    if (state === 'refused') refused.inc({ nodeID: node, typeURL: RESOURCE_TYPES[type] });
    const took = controlPlane.propagation.answered(transition);
    if (took !== undefined) propagated.observe({ fleet }, took / 1000);
  });
}

/** `nodeID` is the fleet, as with Envoy Gateway: its proxies share a snapshot. */
function registerSnapshotMetrics(registry: Registry, { cache }: ControlPlane): void {
  const registers = [registry];
  const created = new Counter({ name: 'xds_snapshot_create_total', help: 'Fleets that got their first configuration.', registers });
  const updated = new Counter({
    name: 'xds_snapshot_update_total',
    help: 'Changes of what a fleet is to hold.',
    labelNames: ['nodeID'],
    registers,
  });
  cache.watch(({ fleet, revision, removed }) => {
    if (removed) updated.remove({ nodeID: fleet });
    else updated.inc({ nodeID: fleet });
    if (revision === 1 && !removed) created.inc();
  });
}

function registerProxyMetrics(registry: Registry, { pipeline, server }: ControlPlane): void {
  const gauge = (name: string, help: string, counts: (node: NodeState) => boolean): void => {
    new Gauge({
      name,
      help,
      labelNames: ['fleet'],
      registers: [registry],
      collect() {
        this.reset();
        for (const [fleet] of pipeline.infra.entries()) this.set({ fleet }, server.fleetState(fleet).nodes.filter(counts).length);
      },
    });
  };
  gauge('gatehouse_proxies_connected', 'Proxies with an open xDS stream, by fleet.', () => true);
  gauge('gatehouse_proxies_synced', 'Proxies that have taken all that there is for them, by fleet.', hasAll);
}

const hasAll = ({ types }: NodeState): boolean =>
  Object.values(types).every(({ pending, refused }) => pending.length === 0 && refused.length === 0);
