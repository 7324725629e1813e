import { bytesOf, sameQuantity } from './quantity.ts';

test.each([
  ['512Mi', 536_870_912],
  ['1Gi', 1_073_741_824],
  ['1.5Gi', 1_610_612_736],
  ['2G', 2_000_000_000],
  ['1500k', 1_500_000],
  ['1e9', 1_000_000_000],
  ['1E9', 1_000_000_000],
  ['1E', 1_000_000_000_000_000_000],
  ['128974848000m', 128_974_848],
  ['1000', 1000],
  [1000, 1000],
])('%s is %d bytes', (quantity, bytes) => {
  expect(bytesOf(quantity)).toBe(bytes);
});

test.each(['', 'Mi', '1 Gi', '1gi', '-1', '1e9Ki', undefined, null, {}])('%s is no quantity of memory', (quantity) => {
  expect(bytesOf(quantity)).toBeUndefined();
});

test.each([
  ['0.1', '100m', true],
  ['1', '1000m', true],
  [1, '1', true],
  ['1Gi', '1024Mi', true],
  ['-1', '-1000m', true],
  ['250m', '251m', false],
  ['1G', '1Gi', false],
  ['text', 'text', true],
  ['text', 'other', false],
])('%s and %s: the same amount is %s', (a, b, same) => {
  expect(sameQuantity(a, b)).toBe(same);
});
