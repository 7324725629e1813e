import { PACE, WritePace } from './write-pace.ts';

/** When writes go, in milliseconds, if something changes every `everyMs` for `forMs`. */
const writes = (pace: WritePace, everyMs: number, forMs: number): number[] => {
  const at: number[] = [];
  for (let now = 0; now < forMs; now += everyMs) {
    if (pace.wait(now) > 0) continue;
    pace.wrote(now);
    at.push(now);
  }
  return at;
};

describe('WritePace', () => {
  test('lets the first write go at once and the next after the least gap', () => {
    const pace = new WritePace();
    expect(pace.wait(0)).toBe(0);
    pace.wrote(0);
    expect(pace.wait(50)).toBe(150);
    expect(pace.wait(200)).toBe(0);
  });

  test('writes a storm of a thousand changes at most fifty times, whether it lasts a second or ninety', () => {
    for (const everyMs of [1, 5, 20, 90]) expect(writes(new WritePace(), everyMs, 1_000 * everyMs).length).toBeLessThanOrEqual(50);
  });

  test('never makes anybody wait longer than the most', () => {
    const at = writes(new WritePace(), 10, 600_000);
    for (const [i, time] of at.entries()) expect(time - (at[i - 1] ?? 0)).toBeLessThanOrEqual(PACE.most);
  });

  test('forgets the storm when it is over', () => {
    const pace = new WritePace();
    writes(pace, 10, 60_000);
    expect(pace.isCalm(70_000)).toBe(true);
    pace.wrote(70_000);
    expect(pace.wait(70_000)).toBe(PACE.least);
  });
});
