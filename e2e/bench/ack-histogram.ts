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
