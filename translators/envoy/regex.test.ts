import fc from 'fast-check';
import { RE2JS } from 're2js';
import { checkRegex, quoteRegex } from './regex.ts';

test.each([
  '/v[0-9]+/.*',
  '(?i)^a|b$',
  '\\pL{10}',
  '.{1000}',
  '(?P<n>x)',
  '\\p{^Greek}\\PN',
  '\\Q\\p{Emoji}\\E',
  '\\\\p{Emoji}',
  '\\x{ff}\\377\\xFF',
  '\u{1F600}',
])('%s compiles', (pattern) => {
  expect(checkRegex(pattern)).toBeUndefined();
});

test.each([
  ['(?=ahead)', /\(\?=/],
  ['(a)\\1', /\\1/],
  ['a**', /\*\*/],
  ['(', /missing/],
  ['a{1001}', /repeat/],
  ['', /empty/],
  ['(?:\\p{Han}{500}){2}', /repeat|instructions/],
  ['\\pL{200}', /instructions/],
  ['/\\p{Alphabetic}+', /no character class "Alphabetic"/],
  ['[a\\x{1F600}]', /no byte/],
  ['\\400', /no byte/],
  ['[\\P{^Emoji}]', /no character class "Emoji"/],
])('%s does not', (pattern, why) => {
  expect(checkRegex(pattern)).toMatch(why);
});

test('a quoted text matches itself only', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (text, other) => {
      expect(RE2JS.matches(quoteRegex(text), text)).toBe(true);
      expect(RE2JS.matches(quoteRegex(text), other)).toBe(other === text);
    }),
    { numRuns: 100 },
  );
});
