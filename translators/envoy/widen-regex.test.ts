import { RE2JS } from 're2js';
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
