import type { PathMatch } from '../../ir/route-node.ts';
import { cookiePathOf } from './cookie-path.ts';

test.each<[PathMatch['type'], string, string]>([
  ['PathPrefix', '/', '/'],
  ['PathPrefix', '/a/b', '/a/b'],
  ['PathPrefix', '/a/', '/a'],
  ['Exact', '/a/b', '/a/b'],
  ['Exact', '/a/', '/a/'],
  ['RegularExpression', '/p1/p2/.*/p3', '/p1/p2'],
  ['RegularExpression', '/p1/p2[0-9]*', '/p1'],
  ['RegularExpression', '/a/?', '/a'],
  ['RegularExpression', '/plain', '/plain'],
  ['RegularExpression', '/a/b|/c', '/'],
  ['RegularExpression', '.*', '/'],
])('%s %s: %s', (type, value, path) => {
  expect(cookiePathOf({ type, value })).toBe(path);
});
