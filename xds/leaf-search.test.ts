import { findLeaves } from './leaf-search.ts';
import type { Fragment, Resource } from './resource.ts';
import { sample } from './testing/sample-resources.ts';

const leaf = (key: string, hash: string): Fragment => ({ key, hash, requires: [] });
const host = (key: string, ...fragments: Fragment[]): Fragment => ({ key, hash: key, requires: [], fragments });
const routes = (...fragments: Fragment[]): Resource => sample('routeConfiguration', 'r', { fragments });
const found = (resource: Resource, ...wanted: string[]) => findLeaves(resource, new Set(wanted)).map(({ key, hash }) => [key, hash]);

const resource = routes(
  host('a', leaf('1', 'x'), leaf('2', 'safe:y'), leaf('3', 'x')),
  leaf('b', 'safe:x'),
  host('c', host('d', leaf('4', 'y')), leaf('5', 'z')),
);

test('finds leaves at any depth, as often as they are there, themselves or what stands in for them', () => {
  expect(found(resource, 'x')).toEqual([
    ['1', 'x'],
    ['3', 'x'],
    ['b', 'safe:x'],
  ]);
  expect(found(resource, 'y', 'nowhere')).toEqual([
    ['2', 'safe:y'],
    ['4', 'y'],
  ]);
  expect(found(resource)).toEqual([]);
});

test('finds the same with more hashes wanted than there are leaves', () => {
  const many = Array.from({ length: 10 }, (_, index) => `other ${index}`);
  expect(found(resource, 'z', 'y', ...many)).toEqual([
    ['2', 'safe:y'],
    ['4', 'y'],
    ['5', 'z'],
  ]);
});

test('a fragment itself is not found by its hash, only leaves are', () => {
  expect(found(resource, 'a', 'c', 'd')).toEqual([]);
});
