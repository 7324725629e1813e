/**
 * What the graph costs: building a pipeline of a few levels from scratch, and one change in it, at growing size.
 * Prints a table and writes build/bench/graph.json. Run: node e2e/bench/graph.ts
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Graph } from '../../translators/graph/graph.ts';

const SIZES = [1_000, 10_000, 100_000];
const CHANGES = 2_000;
const BUILDS = 3;
const RESULT = new URL('../../build/bench/graph.json', import.meta.url);

interface Row {
  readonly routes: number;
  /** Median of a few builds, from the first put to the end of the settle. */
  readonly buildMs: number;
  /** What the graph and its values keep. */
  readonly heapMb: number;
  /** One change and its settle, mean. */
  readonly routeUs: number;
  /** One change that ten routes look at. */
  readonly serviceUs: number;
  /** A route that comes to look at a service that does not exist. */
  readonly absentUs: number;
  /** A settle in which nothing was put. */
  readonly idleUs: number;
}

/** Ten routes a service, a hundred a host; two more levels on top. */
function pipeline() {
  const graph = new Graph();
  const routes = graph.source<{ host: string; service: string; weight: number }>('routes');
  const services = graph.source<{ ip: string }>('services');
  const byService = graph.index('byService', routes, (route) => [route.service]);
  graph.derive('clusters', services, (service, fetch, key) => (fetch.by(byService, key).length > 0 ? [[key, service.ip]] : []));
  const entries = graph.derive('entries', routes, (route, fetch, key) => [
    [`${key}/0`, { host: route.host, weight: route.weight, ip: fetch.one(services, route.service)?.ip }],
  ]);
  const hosts = graph.group('hosts', entries, { by: (entry) => [entry.host], orderBy: (a, b) => b.weight - a.weight });
  graph.count('attached', entries, (entry) => [entry.host]);
  graph.derive('tables', hosts, (host) => [[host.key, host.members.length]]);
  return { graph, routes, services };
}

function build(size: number) {
  const made = pipeline();
  // Not in key order: lists come as they like.
  for (let i = 0; i < size; i++) made.routes.put(`ns/route-${(i * 7919) % size}`, routeOf(i, size));
  for (let i = 0; i < size / 10; i++) made.services.put(`ns/service-${i}`, { ip: `10.0.0.${i}` });
  made.graph.settle();
  return made;
}

function routeOf(i: number, size: number) {
  return { host: `host-${i % (size / 100)}`, service: `ns/service-${i % (size / 10)}`, weight: i % 1000 };
}

function measure(size: number): Row {
  const collect = garbageCollector();
  const times = Array.from({ length: BUILDS }, () => {
    collect();
    return milliseconds(() => build(size));
  });
  collect();
  const before = process.memoryUsage().heapUsed;
  const { graph, routes, services } = build(size);
  collect();
  const heapMb = (process.memoryUsage().heapUsed - before) / 1e6;
  const perChange = (change: (i: number) => void) => {
    const total = milliseconds(() => {
      for (let i = 0; i < CHANGES; i++) {
        change(i);
        graph.settle();
      }
    });
    return (total / CHANGES) * 1000;
  };
  return {
    routes: size,
    buildMs: times.sort((a, b) => a - b)[Math.floor(BUILDS / 2)] ?? Number.NaN,
    heapMb,
    routeUs: perChange((i) => routes.put(`ns/route-${(i * 31) % size}`, { ...routeOf(i, size), weight: 2000 + i })),
    serviceUs: perChange((i) => services.put(`ns/service-${(i * 31) % (size / 10)}`, { ip: `10.1.${i}` })),
    absentUs: perChange((i) => routes.put(`ns/route-${(i * 31) % size}`, { ...routeOf(i, size), service: `ns/absent-${i}` })),
    idleUs: perChange(() => undefined),
  };
}

function milliseconds(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void; // the flag defines it
}

function rounded(row: Row): Row {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, Math.round(value * 10) / 10])) as unknown as Row; // same names
}

measure(1_000); // warms the compiler up
const rows = SIZES.map((size) => rounded(measure(size)));
const machine = { cores: availableParallelism(), cpu: cpus()[0]?.model, memoryGb: Math.round(totalmem() / 1e9), node: process.version };
console.table(rows);
mkdirSync(new URL('.', RESULT), { recursive: true });
writeFileSync(RESULT, `${JSON.stringify({ machine, rows }, undefined, 2)}\n`);
