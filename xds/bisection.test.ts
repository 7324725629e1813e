import fc from 'fast-check';
import { Bisection } from './bisection.ts';

/** Tries what is on trial until nobody is left, and answers who was convicted and after how many trials. */
function judge(hashes: readonly string[], guilty: ReadonlySet<string>): { convicted: readonly string[]; trials: number } {
  const search = new Bisection(hashes, 'refused', 'r');
  search.isolated();
  const convicted = [...search.takeConvicted()];
  let trials = 0;
  for (; search.suspects.length > 0; trials += 1) {
    const onTrial = search.suspects.filter((hash) => search.onTrial(hash));
    if (onTrial.some((hash) => guilty.has(hash))) search.failed(onTrial);
    else for (const hash of onTrial) search.cleared(hash);
    convicted.push(...search.takeConvicted());
  }
  return { convicted: convicted.sort(), trials };
}

test('convicts just the guilty, in a number of trials that grows with the logarithm of the suspects', () => {
  const cases = fc
    .uniqueArray(fc.string({ minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 64 })
    .chain((hashes) =>
      fc.record({ hashes: fc.constant(hashes), guilty: fc.subarray(hashes, { minLength: 1, maxLength: Math.min(4, hashes.length) }) }),
    );
  fc.assert(
    fc.property(cases, ({ hashes, guilty }) => {
      const { convicted, trials } = judge(hashes, new Set(guilty));
      expect(convicted).toEqual([...guilty].sort());
      expect(trials).toBeLessThanOrEqual(guilty.length * (Math.ceil(Math.log2(hashes.length)) + 1) + 1);
    }),
  );
});

test('nobody is on trial before all are put away', () => {
  const search = new Bisection(['a', 'b'], 'refused', 'r');
  expect(search.isolating).toBe(true);
  expect(search.suspects.filter((hash) => search.onTrial(hash))).toEqual([]);
  search.isolated();
  expect(search.suspects.filter((hash) => search.onTrial(hash))).toEqual(['a']);
});

test('a suspect that is gone while it is on trial ends the trial, and the others are no longer presumed guilty', () => {
  const search = new Bisection(['a', 'b'], 'refused', 'r');
  search.isolated();
  search.gone('a');
  expect(search.takeConvicted()).toEqual([]);
  expect(search.onTrial('b')).toBe(true);
});

test('new suspects put all away again', () => {
  const search = new Bisection(['a', 'b', 'c', 'd'], 'refused', 'r');
  search.isolated();
  search.widen(['e'], ['a', 'b'], [new Bisection(['f'], 'refused', 's')]);
  expect(search.isolating).toBe(true);
  expect([...search.suspects].sort()).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  expect([...search.causes]).toEqual(['r', 's']);
});
