import { Counter, exponentialBuckets, Histogram, type Registry } from 'prom-client';
import type { WriteRecord } from '../infrastructure/kubernetes/fleet-writer.ts';

const LABELS = ['kind', 'name', 'namespace', 'status', 'reason'] as const;

/** Counts writes of what proxies are made of, under the contract's names (C.14). Answers what to tell of each. */
export function registerInfrastructureMetrics(registry: Registry): (write: WriteRecord) => void {
  const [applied, deleted] = [writeMetrics(registry, 'apply', 'applied'), writeMetrics(registry, 'delete', 'deleted')];
  return (write) => (write.verb === 'apply' ? applied : deleted)(write);
}

function writeMetrics(registry: Registry, verb: WriteRecord['verb'], done: string): (write: WriteRecord) => void {
  const registers = [registry];
  const total = new Counter({
    name: `resource_${verb}_total`,
    help: `Objects of proxies that were ${done}, or could not be.`,
    labelNames: LABELS,
    registers,
  });
  const duration = new Histogram({
    name: `resource_${verb}_duration_seconds`,
    help: `How long the API server took for it.`,
    labelNames: LABELS,
    buckets: exponentialBuckets(0.002, 2, 14),
    registers,
  });
  return ({ kind, name, namespace, seconds, error }) => {
    const labels = { kind, name, namespace, status: error === undefined ? 'success' : 'failure', reason: error?.reason ?? '' };
    total.inc(labels);
    duration.observe(labels, seconds);
  };
}
