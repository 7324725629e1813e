import fc from 'fast-check';
import { BACKOFF, Backoff } from './backoff.ts';

describe('Backoff', () => {
  test('doubles from the first wait to the longest', () => {
    const backoff = new Backoff(() => 1 - Number.EPSILON);
    const waits = Array.from({ length: 9 }, () => backoff.next());
    expect(waits).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
    expect(backoff.failures).toBe(9);
  });

  test('starts anew after a success', () => {
    const backoff = new Backoff(() => 0);
    backoff.next();
    backoff.next();
    backoff.reset();
    expect(backoff.next()).toBe(BACKOFF.first / 2);
  });

  test('draws every wait between half and all of it, whatever the dice', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 1, maxLength: 2000 }), (dice) => {
        let throws = 0;
        const backoff = new Backoff(() => dice[throws++ % dice.length] ?? 0);
        for (let i = 0; i < dice.length; i++) {
          const whole = Math.min(BACKOFF.longest, BACKOFF.first * BACKOFF.factor ** i);
          const wait = backoff.next();
          expect(wait).toBeGreaterThanOrEqual(whole / 2);
          expect(wait).toBeLessThanOrEqual(whole);
        }
      }),
      { numRuns: 30 },
    );
  });

  test('waits as long as the server asks for, and longer when it would anyway', () => {
    const backoff = new Backoff(() => 0);
    expect(backoff.next(7_000)).toBe(7_000);
    expect(backoff.next(10)).toBe(100);
  });
});
