/** Cumulative counts of a Prometheus histogram, by upper bound in seconds. */
export type Histogram = ReadonlyMap<number, number>;

/** Reads the buckets of one series; `labels` as they stand in the text. */
export function parseHistogram(text: string, name: string, labels: string): Histogram {
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}_bucket`) && line.includes(labels));
  return new Map(lines.map((line) => [boundOf(line), Number(line.slice(line.lastIndexOf(' ') + 1))]));
}

function boundOf(line: string): number {
  const bound = /le="([^"]+)"/.exec(line)?.[1];
  return bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound);
}

/** What was observed so far: how often, and the sum of it in seconds. */
export interface Observed {
  readonly count: number;
  readonly sum: number;
}

/** Reads count and sum of one series: of two readings with one observation between them, the difference is that one, exactly. Throws where the series is not there. */
export function parseObserved(text: string, name: string, labels: string): Observed {
  const reading = (what: string): number => {
    const line = text.split('\n').find((each) => each.startsWith(`${name}_${what}{`) && each.includes(labels));
    if (line === undefined) throw new Error(`there is no ${name}_${what} with ${labels}`);
    return Number(line.slice(line.lastIndexOf(' ') + 1));
  };
  return { count: reading('count'), sum: reading('sum') };
}

/** Quantiles of what was counted between two readings, interpolated inside a bucket as Prometheus does. */
export function ackShare(before: Histogram, after: Histogram): (share: number) => number {
  const counts = [...after].map(([bound, count]) => [bound, count - (before.get(bound) ?? 0)] as const).sort(([a], [b]) => a - b);
  const total = counts.at(-1)?.[1] ?? 0;
  return (share) => {
    const rank = total * share;
    let [lowerBound, lowerCount] = [0, 0];
    for (const [bound, count] of counts) {
      if (count >= rank && count > lowerCount && Number.isFinite(bound)) {
        return lowerBound + ((bound - lowerBound) * (rank - lowerCount)) / (count - lowerCount);
      }
      [lowerBound, lowerCount] = [Number.isFinite(bound) ? bound : lowerBound, count];
    }
    return lowerBound;
  };
}
