const UNIT_MS = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;
const PART = /([0-9]{1,5})(ms|h|m|s)/g;

/** Milliseconds of a GEP-2257 duration (`1h30m`, `500ms`); undefined if it is none. */
export function durationMs(text: string): number | undefined {
  if (!/^([0-9]{1,5}(h|m|s|ms)){1,4}$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(PART)) total += Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS];
  return total;
}
