import fc from 'fast-check';
import { RE2JS } from 're2js';
import { PATHS, patternsOf } from '../testing/pattern-pieces.ts';
import { checkRegex } from './regex.ts';
import { widenRegex } from './widen-regex.ts';

test.each([
  ['/v[0-9]+/.*', '/v[0-9]+/.*'],
  ['/admin/(?!public).*', '/admin/.*'],
  ['.*(?<!\\.css)', '.*(?:)'],
  ['/(?=(a|\\)|[)])b)ab', '/ab'],
  ['/a(?!b)*c', '/a(?:)*c'],
  ['(?!x)', '(?:)'],
  ['/(a|b)/\\1+', '/(a|b)/(?:[\\s\\S]*)+'],
  ['/(?>a+)b++c{2,}+', '/(?:a+)b+c{2,}'],
  ['/admin/[0-9', '/admin/[\\s\\S]*'],
  ['/admin/(a|b', '/admin/[\\s\\S]*'],
  ['/admin/\\p{Emoji}', '/admin/[\\s\\S]*'],
  ['^/admin/x{2000}', '/admin/[\\s\\S]*'],
  ['/admin/(?!', '/admin/[\\s\\S]*'],
  ['*.example.com', '[\\s\\S]*'],
  ['v(', 'v[\\s\\S]*'],
  ['/a|/b(', '[\\s\\S]*'],
])('%s is widened to %s', (pattern, wider) => {
  expect(widenRegex(pattern)).toBe(wider);
});

test('an empty pattern takes nothing but an empty text', () => {
  expect(RE2JS.matches(widenRegex(''), '')).toBe(true);
  expect(RE2JS.matches(widenRegex(''), 'x')).toBe(false);
});

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
