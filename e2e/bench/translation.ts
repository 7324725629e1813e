/**
 * What the translation costs, from objects to encoded resources and statuses: a start from scratch, and one change, at 100, 1,000 and
 * 10,000 HTTPRoutes on one Gateway (50 hosts, ten routes a Service). Prints tables, writes build/bench/translation.json.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { CHANGES, type Change, largeWorld } from '../../translators/testing/large-world.ts';
import { createPipelines, type Pipelines } from '../../translators/testing/pipelines.ts';

const SIZES = [100, 1_000, 10_000];
/** As many as make the tail worth a number, and a run that one waits for. */
const ROUNDS = { starts: 11, changes: 300, warmUp: 50 };
const RESULT = new URL('../../build/bench/translation.json', import.meta.url);

interface Cost {
  readonly what: string;
  readonly routes: number;
  /** Milliseconds of both; megabytes of memory. */
  readonly p50: number;
  readonly p99: number;
}

function start(size: number): Pipelines {
  const pipelines = createPipelines();
  for (const object of largeWorld(size)) pipelines.put(object);
  pipelines.settle();
  return pipelines;
}

function milliseconds(work: () => void): number {
  const begin = performance.now();
  work();
  return performance.now() - begin;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void; // the flag defines it

const repeated = (rounds: number, work: () => void): readonly number[] => Array.from({ length: rounds }, () => milliseconds(work));

function costOf(what: string, routes: number, samples: readonly number[]): Cost {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share: number): number => Math.round((sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN) * 1000) / 1000;
  return { what, routes, p50: at(0.5), p99: at(0.99) };
}

/** One way and the other in turns: each is one change of one object and its settle. */
function changeCost(pipelines: Pipelines, { there, back, removes }: Change): readonly number[] {
  const ways = [() => (removes === true ? pipelines.remove(there) : pipelines.put(there)), () => pipelines.put(back)];
  let turn = 0;
  const once = (): void => {
    ways[turn++ % ways.length]?.();
    pipelines.settle();
  };
  repeated(ROUNDS.warmUp, once);
  collectGarbage();
  return repeated(ROUNDS.changes, once);
}

function measure(size: number): readonly Cost[] {
  progress(`${size} routes: ${ROUNDS.starts} starts from scratch`);
  const starts = costOf(
    'start from scratch',
    size,
    repeated(ROUNDS.starts, () => start(size)),
  );
  const before = heapMb();
  const pipelines = start(size);
  const memory = costOf('memory kept, MB', size, [heapMb() - before]);
  const changes = Object.entries(CHANGES).map(([what, change]) => {
    progress(`${size} routes: ${ROUNDS.changes} times ${what}`);
    return costOf(what, size, changeCost(pipelines, change));
  });
  return [starts, ...changes, memory];
}

/** Of the heap and of what encoded resources hold outside of it. */
function heapMb(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 1e6;
}

const progress = (line: string): void => console.error(`bench: ${line}`);

/** A row for each thing measured, a column for each size. */
function table(costs: readonly Cost[], quantile: 'p50' | 'p99'): Readonly<Record<string, Readonly<Record<string, number>>>> {
  const rows = [...Map.groupBy(costs, ({ what }) => what)];
  return Object.fromEntries(
    rows.map(([what, each]) => [what, Object.fromEntries(each.map((cost) => [`${cost.routes} routes`, cost[quantile]]))]),
  );
}

progress('warming up');
for (let i = 0; i < 3; i++) start(1_000);
const costs = SIZES.flatMap(measure);
for (const quantile of ['p50', 'p99'] as const) {
  console.log(`\n${quantile}, milliseconds`);
  console.table(table(costs, quantile));
}
const machine = { cores: availableParallelism(), cpu: cpus()[0]?.model, memoryGb: Math.round(totalmem() / 1e9), node: process.version };
console.log(`\n${machine.cores} cores, ${machine.memoryGb} GB, Node ${machine.node}`);
mkdirSync(new URL('.', RESULT), { recursive: true });
writeFileSync(RESULT, `${JSON.stringify({ machine, costs }, undefined, 2)}\n`);
