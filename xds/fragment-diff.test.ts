import fc from 'fast-check';
import { diffFragments, leavesOf } from './fragment-diff.ts';
import type { Fragment, Resource } from './resource.ts';
import { sample } from './testing/sample-resources.ts';

const leaf = (key: string, hash: string, ...requires: string[]): Fragment => ({ key, hash, requires });
const host = (key: string, hash: string, ...fragments: Fragment[]): Fragment => ({ key, hash, requires: [`mirror-${key}`], fragments });
const routes = (...fragments: Fragment[]): Resource => sample('routeConfiguration', 'r', { fragments });
const hashes = (fragments: readonly Fragment[]) => fragments.map(({ hash }) => hash);

test('of a new resource everything is new', () => {
  const { added, removed, requires } = diffFragments(undefined, routes(host('a', 'A', leaf('1', 'a1', 'x')), leaf('b', 'b', 'y')));
  expect([hashes(added), hashes(removed), [...requires].sort()]).toEqual([['a1', 'b'], [], ['mirror-a', 'x', 'y']]);
});

test('equal subtrees do not count, whatever is in them', () => {
  const before = routes(host('a', 'A', leaf('1', 'old')), host('b', 'B', leaf('1', 'b1')));
  const after = routes(host('a', 'A', leaf('1', 'never looked at')), host('b', 'B2', leaf('1', 'b2', 'z')));
  const { added, removed, requires } = diffFragments(before, after);
  expect([hashes(added), hashes(removed), [...requires].sort()]).toEqual([['b2'], ['b1'], ['mirror-b', 'z']]);
});

test('a new order is no change', () => {
  const { added, removed } = diffFragments(
    routes(host('a', 'A', leaf('1', 'x'), leaf('2', 'y'))),
    routes(host('a', 'A2', leaf('2', 'y'), leaf('1', 'x'))),
  );
  expect([added, removed]).toEqual([[], []]);
});

test('what goes, and what turns from a leaf into a branch and back, is told by its leaves', () => {
  const branch = routes(host('a', 'A', leaf('1', 'a1'), leaf('2', 'a2')));
  const flat = routes(leaf('a', 'flat'));
  expect([diffFragments(branch, flat), diffFragments(flat, branch)].map(({ added, removed }) => [hashes(added), hashes(removed)])).toEqual([
    [['flat'], ['a1', 'a2']],
    [['a1', 'a2'], ['flat']],
  ]);
  expect(hashes(diffFragments(branch, routes()).removed)).toEqual(['a1', 'a2']);
});

test('a comparison is made once', () => {
  const [before, after] = [routes(leaf('a', '1')), routes(leaf('a', '2'))];
  expect(diffFragments(before, after)).toBe(diffFragments(before, after));
  expect(leavesOf(after)).toBe(leavesOf(after));
});

test('whatever moves, comes, goes or changes: added and removed are what only one of the two has', () => {
  const siblings = fc.uniqueArray(fc.record({ key: fc.nat({ max: 8 }), edit: fc.nat({ max: 1 }) }), { selector: ({ key }) => key });
  const leavesOfHost = siblings.map((made) => made.map(({ key, edit }) => leaf(`${key}`, `${key}-${edit}`)));
  const only = (these: readonly Fragment[], those: readonly Fragment[]) => hashes(these).filter((hash) => !hashes(those).includes(hash));
  fc.assert(
    fc.property(leavesOfHost, leavesOfHost, (before, after) => {
      const { added, removed } = diffFragments(routes(host('a', '1', ...before)), routes(host('a', '2', ...after)));
      expect([hashes(added).sort(), hashes(removed).sort()]).toEqual([only(after, before).sort(), only(before, after).sort()]);
    }),
  );
});
