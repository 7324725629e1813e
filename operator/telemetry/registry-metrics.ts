import { type Attributes, type HrTime, ValueType } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  type CollectionResult,
  DataPointType,
  type Histogram,
  type MetricData,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics';
import type { Registry } from 'prom-client';

/** A metric as the registry gives it out; its declarations know neither the names of the types nor those of a histogram's values. */
interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary';
  readonly values: readonly Sample[];
}

interface Sample {
  readonly value: number;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly metricName?: string;
}

interface Period {
  readonly startTime: HrTime;
  readonly endTime: HrTime;
}

/** What `/metrics` shows, for OpenTelemetry: the same names, labels as attributes, cumulative since the start of the process. */
export const registryMetrics = (registry: Registry): MetricProducer => ({
  collect: async (): Promise<CollectionResult> => {
    const found = (await registry.getMetricsAsJSON()) as unknown as readonly Metric[]; // see Metric
    const period = { startTime: hrTime(performance.timeOrigin), endTime: hrTime(Date.now()) };
    const metrics = found.flatMap((metric) => dataOf(metric, period));
    // The resource is the reader's to say.
    return {
      resourceMetrics: { resource: resourceFromAttributes({}), scopeMetrics: [{ scope: { name: 'gatehouse' }, metrics }] },
      errors: [],
    };
  },
});

/** Nothing for a metric that has never been counted, and for summaries, which OpenTelemetry's metrics do not have. */
function dataOf(metric: Metric, period: Period): readonly MetricData[] {
  const { name, help, type, values } = metric;
  if (values.length === 0 || type === 'summary') return [];
  const descriptor = { name, description: help, unit: name.endsWith('_seconds') ? 's' : '', valueType: ValueType.DOUBLE };
  const common = { descriptor, aggregationTemporality: AggregationTemporality.CUMULATIVE };
  if (type === 'histogram') return [{ ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints: [...histograms(metric, period)] }];
  const dataPoints = values.map(({ value, labels }) => ({ ...period, attributes: { ...labels }, value }));
  return type === 'counter'
    ? [{ ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints }]
    : [{ ...common, dataPointType: DataPointType.GAUGE, dataPoints }];
}

interface Series {
  readonly attributes: Attributes;
  readonly boundaries: number[];
  /** Of values up to each boundary, and of all. */
  readonly upTo: number[];
  sum: number;
  count: number;
}

function* histograms({ name, values }: Metric, period: Period): Iterable<Period & { attributes: Attributes; value: Histogram }> {
  const all = new Map<string, Series>();
  for (const { value, labels, metricName } of values) {
    const { le, ...attributes } = labels;
    const id = JSON.stringify(attributes);
    const series = all.get(id) ?? { attributes, boundaries: [], upTo: [], sum: 0, count: 0 };
    all.set(id, series);
    if (metricName === `${name}_sum`) series.sum = value;
    else if (metricName === `${name}_count`) series.count = value;
    else if (le !== '+Inf') {
      series.boundaries.push(Number(le));
      series.upTo.push(value);
    }
  }
  for (const { attributes, boundaries, upTo, sum, count } of all.values()) {
    const counts = [...upTo, count].map((value, i, cumulative) => value - (cumulative[i - 1] ?? 0));
    yield { ...period, attributes, value: { buckets: { boundaries, counts }, sum, count } };
  }
}

const hrTime = (ms: number): HrTime => [Math.floor(ms / 1000), Math.round((ms % 1000) * 1e6)];
