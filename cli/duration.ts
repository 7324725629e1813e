const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Timers end at once when they should wait for longer than this. */
const LONGEST_MS = 2 ** 31 - 1;

export const WHAT_A_DURATION_IS = 'a duration is a number with its unit: 500ms, 10s, 1m; at most 596h';

/** `500ms`, `10s`, `1m30s`, `0s` in milliseconds; undefined for what is no duration, or one of more than 24 days. */
export function durationMs(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) return undefined;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  const ms = parts.reduce((sum, [, amount = '', unit = '']) => sum + Number(amount) * (UNIT_MS[unit] ?? 0), 0);
  return ms > LONGEST_MS ? undefined : ms;
}
