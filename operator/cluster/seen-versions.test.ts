import fc from 'fast-check';
import { compareVersions, SeenVersions } from './seen-versions.ts';

describe('compareVersions', () => {
  test('orders as numbers do, however long', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 30n }), fc.bigInt({ min: 0n, max: 10n ** 30n }), (a, b) => {
        expect(Math.sign(compareVersions(String(a), String(b)))).toBe(a < b ? -1 : a > b ? 1 : 0);
      }),
    );
  });

  test('takes what it cannot order for news', () => {
    expect(compareVersions('abc', '7')).toBeGreaterThan(0);
    expect(compareVersions('7', 'abc')).toBeGreaterThan(0);
    expect(compareVersions('abc', 'abc')).toBe(0);
  });
});

describe('SeenVersions', () => {
  test('tells news from what it knows', () => {
    const seen = new SeenVersions();
    expect(seen.put('a', '10')).toBe(true);
    expect(seen.put('a', '10')).toBe(false);
    expect(seen.put('a', '9')).toBe(false);
    expect(seen.put('a', '11')).toBe(true);
  });

  test('does not delete what is newer than the deletion', () => {
    const seen = new SeenVersions();
    seen.put('a', '10');
    expect(seen.remove('a', '9')).toBe(false);
    expect(seen.remove('a', '12')).toBe(true);
    expect(seen.remove('a', '12')).toBe(false);
  });

  test('finds what went away, also what an unfinished list had missed', () => {
    const seen = new SeenVersions();
    seen.put('a', '1');
    seen.put('b', '2');
    seen.put('c', '3');
    seen.startList();
    seen.put('b', '2');
    seen.startList();
    seen.put('a', '1');
    seen.put('d', '4');
    seen.remove('d', '5');
    expect(seen.endList()).toEqual(['b', 'c']);
    expect(seen.size).toBe(1);
  });

  test('takes an object that was asked for again at the same version, not at an older one and not when it is gone', () => {
    const seen = new SeenVersions();
    seen.put('a', '10');
    expect(seen.putAgain('a', '10')).toBe(true);
    expect(seen.putAgain('a', '9')).toBe(false);
    seen.remove('a', '11');
    expect(seen.putAgain('a', '10')).toBe(false);
  });
});
