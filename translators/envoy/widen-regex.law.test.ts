import fc from 'fast-check';
import { RE2JS } from 're2js';
import { PATHS, patternsOf } from '../testing/pattern-pieces.ts';
import { checkRegex } from './regex.ts';
import { widenRegex } from './widen-regex.ts';

test('RE2 takes what any pattern is widened to, and that takes all that another engine takes by the pattern', () => {
  let taken = 0;
  fc.assert(
    fc.property(patternsOf(['(?!', '(?=', '(?<=', '\\1', '(?!b)', '(?=a)', '(?<=/)'], 8), PATHS, (pattern, paths) => {
      const wider = widenRegex(pattern);
      expect(checkRegex(wider)).toBeUndefined();
      const other = checkRegex(pattern) === undefined ? undefined : compile(pattern);
      const compiled = RE2JS.compile(wider);
      for (const each of paths.filter((one) => other?.test(one))) {
        taken += 1;
        expect(compiled.matches(each)).toBe(true);
      }
    }),
    { numRuns: 5000 },
  );
  expect(taken).toBeGreaterThan(100);
});

/** Takes look-around and back-references. */
function compile(pattern: string): RegExp | undefined {
  try {
    return new RegExp(`^(?:${pattern})$`);
  } catch {
    return undefined;
  }
}
