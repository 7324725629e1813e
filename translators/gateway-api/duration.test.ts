import { durationMs } from './duration.ts';

test.each([
  ['0s', 0],
  ['500ms', 500],
  ['1h30m', 5_400_000],
  ['1m30s', 90_000],
  ['10s100ms', 10_100],
  ['1h1m1s1ms', 3_661_001],
  ['99999h', 359_996_400_000],
])('%s is %i ms', (text, expected) => {
  expect(durationMs(text)).toBe(expected);
});

test.each(['', '1', 's', '1.5s', '-1s', '100000s', '1h1h1h1h1h', '1d', '1s ', '1us'])('%p is no duration (GEP-2257)', (text) => {
  expect(durationMs(text)).toBeUndefined();
});
