import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { BatchSpanProcessor, InMemorySpanExporter, TracerProvider } from '@opentelemetry/sdk-trace';
import { Counter, Histogram, Registry } from 'prom-client';
import type { Commit } from '../../xds/resource-cache.ts';
import { ChangeTraces } from './change-traces.ts';
import { exportTimes } from './collector.ts';
import { registryMetrics } from './registry-metrics.ts';

const collector = { host: 'otel', port: 4317, protocol: 'grpc', exportInterval: '60s', exportTimeout: '30s' } as const;

test('an export may take no longer than until the next one', () => {
  expect(exportTimes(collector)).toEqual({ interval: 60_000, timeout: 30_000 });
  expect(exportTimes({ ...collector, exportInterval: '5s' })).toEqual({ interval: 5_000, timeout: 5_000 });
});

test('where nothing is to be sent, none of the SDK is loaded', async () => {
  const program = `
    import { registerHooks } from 'node:module';
    import { Registry } from 'prom-client';
    registerHooks({ load(url, context, next) { if (/@opentelemetry/.test(url)) console.log(url); return next(url, context); } });
    const { startTelemetry } = await import('./telemetry.ts');
    await startTelemetry({ metrics: JSON.parse(process.argv[1]) }, { registry: new Registry(), version: '1', logger: console });
    process.exit();`;
  const loaded = async (metrics: object): Promise<string> => {
    const args = ['--input-type=module', '-e', program, JSON.stringify(metrics)];
    return (await promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname })).stdout;
  };
  expect(await loaded({})).toBe('');
  expect(await loaded({ sinks: [{ type: 'OpenTelemetry', openTelemetry: collector }] })).toContain('sdk-metrics');
});

test('histograms are counted by bucket, series by series; counters go up since the start', async () => {
  const registry = new Registry();
  const took = new Histogram({ name: 'took_seconds', help: 'h', labelNames: ['kind'], buckets: [1, 2, 4], registers: [registry] });
  for (const seconds of [0.5, 1.5, 1.75, 9]) took.observe({ kind: 'a' }, seconds);
  took.observe({ kind: 'b' }, 4);
  new Counter({ name: 'done_total', help: 'c', labelNames: ['status'], registers: [registry] }).inc({ status: 'success' }, 3);
  const { resourceMetrics } = await registryMetrics(registry).collect();
  const [histogram, counter] = resourceMetrics.scopeMetrics[0]?.metrics ?? [];
  expect(histogram).toMatchObject({
    descriptor: { name: 'took_seconds', description: 'h', unit: 's' },
    dataPoints: [
      { attributes: { kind: 'a' }, value: { buckets: { boundaries: [1, 2, 4], counts: [1, 2, 0, 1] }, sum: 12.75, count: 4 } },
      { attributes: { kind: 'b' }, value: { buckets: { boundaries: [1, 2, 4], counts: [0, 0, 1, 0] }, sum: 4, count: 1 } },
    ],
  });
  expect(counter).toMatchObject({ isMonotonic: true, dataPoints: [{ attributes: { status: 'success' }, value: 3 }] });
});

describe('traces of a change', () => {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new BatchSpanProcessor({ exporter })] });
  let now = 0;
  let since: number | undefined;
  const traces = new ChangeTraces({ tracer: provider.getTracer('test'), since: () => since, now: () => now });

  const commit = (version: string, name = 'default/eg/http'): Commit => ({
    fleet: 'default/eg',
    revision: 1,
    removed: false,
    changes: [
      {
        type: 'listener',
        name,
        previous: undefined,
        next: { type: 'listener', name, version, entry: { parts: [], size: 0 }, requires: [], fragments: [], graceMs: 0 },
      },
    ],
  });
  const answer = (version: string) =>
    traces.answered({
      fleet: 'default/eg',
      node: 'n',
      envoyVersion: '1',
      type: 'listener',
      name: 'default/eg/http',
      version,
      state: 'synced',
    });
  const spans = async (): Promise<readonly string[]> => {
    // `deliver` is told at the end of the turn.
    await new Promise((resolve) => setImmediate(resolve));
    await provider.forceFlush();
    const found = exporter
      .getFinishedSpans()
      .map(({ name, duration: [seconds, nanos] }) => `${name} ${Math.round(seconds * 1e3 + nanos / 1e6)}`);
    exporter.reset();
    return found.sort();
  };

  beforeEach(() => {
    now = 1000;
    since = 900;
  });
  afterAll(() => provider.shutdown());

  test('an event that comes to nothing leaves none, and neither does what no event caused', async () => {
    traces.published();
    since = undefined;
    traces.committed(commit('1'));
    traces.published();
    answer('1');
    expect(await spans()).toEqual([]);
  });

  test('from the oldest event to the answer', async () => {
    traces.committed(commit('1'));
    now = 1005;
    traces.published();
    now = 1020;
    answer('1');
    expect(await spans()).toEqual(['change 105', 'deliver 20', 'publish 5', 'settle 100']);
  });

  test('an answer to another version, and one of a proxy that came much later, are no part of it', async () => {
    traces.committed(commit('2'));
    traces.published();
    answer('1');
    now += 61_000;
    answer('2');
    expect((await spans()).filter((span) => span.startsWith('deliver'))).toEqual([]);
  });

  test('of a storm the newest are followed', async () => {
    traces.committed(commit('3'));
    for (let i = 0; i < 1024; i += 1) traces.committed(commit('3', `other-${i}`));
    traces.published();
    answer('3');
    expect(await spans()).toEqual(['change 100', 'publish 0', 'settle 100']);
  });
});
