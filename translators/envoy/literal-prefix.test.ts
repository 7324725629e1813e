import fc from 'fast-check';
import { RE2JS } from 're2js';
import { PATHS, patternsOf } from '../testing/pattern-pieces.ts';
import { literalPrefix } from './literal-prefix.ts';

test.each([
  ['/admin/[0-9]+', '/admin/'],
  ['/admin.*', '/admin'],
  ['/admins?', '/admin'],
  ['/admin/*', '/admin'],
  ['/a{2}', '/'],
  ['/a+', '/a'],
  ['/exact', '/exact'],
  ['/a|/b', '/'],
  ['/a(b|c)', '/a'],
  ['/admin/(?:a|b)', '/admin/'],
  ['/admin/(?P<n>a)?', '/admin/'],
  ['/a(b|c)|/d', '/'],
  ['/a[(]|/b', '/'],
  ['/a\\(|/b', '/'],
  ['/a\\Q(\\E|/b', '/'],
  ['/a[[:alpha:](]|/b', '/'],
  ['/a[](]|/b', '/'],
  ['/a)(b|c', '/'],
  ['(?i)/admin', '/'],
  ['^/admin$', '/admin'],
  ['^^/admin', '/admin'],
  ['^*/admin', '/'],
  ['/admin(?i)?', '/admi'],
  ['/admin\\Q\\E*', '/admi'],
  ['/admin\\.php', '/admin'],
  ['.*', '/'],
  ['/\u{1f600}?', '/'],
])('all paths that %s takes begin with %s', (pattern, prefix) => {
  expect(literalPrefix(pattern)).toBe(prefix);
});

test('no path that a pattern takes begins otherwise', () => {
  let taken = 0;
  fc.assert(
    fc.property(patternsOf(['(?i)', '(?i:', '\\Qa', '\\E'], 5), PATHS, (pattern, paths) => {
      const compiled = compile(pattern);
      for (const each of paths.filter((one) => compiled?.matches(one))) {
        taken += 1;
        expect(each.startsWith(literalPrefix(pattern))).toBe(true);
      }
    }),
    { numRuns: 2000 },
  );
  expect(taken).toBeGreaterThan(100);
});

function compile(pattern: string): RE2JS | undefined {
  try {
    return RE2JS.compile(pattern);
  } catch {
    return undefined;
  }
}
