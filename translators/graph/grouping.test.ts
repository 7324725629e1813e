import type { Group } from './collection.ts';
import { Graph } from './graph.ts';

interface Member {
  readonly groups: readonly string[];
  readonly rank: number;
}

function ranked() {
  const graph = new Graph();
  const members = graph.source<Member>('members');
  let compares = 0;
  const options = {
    by: (member: Member) => member.groups,
    orderBy: (a: Member, b: Member) => {
      compares++;
      return a.rank - b.rank;
    },
  };
  const groups = graph.group('groups', members, options);
  const firsts = graph.first('firsts', members, options);
  const comparesOf = (work: () => void) => {
    compares = 0;
    work();
    return compares;
  };
  return { graph, members, groups, firsts, comparesOf };
}

test('members are in order, ties by key, and in every group they name', () => {
  const { graph, members, groups } = ranked();
  members.put('c', { groups: ['x', 'y', 'x'], rank: 1 });
  members.put('b', { groups: ['x'], rank: 1 });
  members.put('a', { groups: ['x'], rank: 2 });
  members.put('n', { groups: [], rank: 0 });
  graph.settle();
  expect(groups.get('x')).toEqual({
    key: 'x',
    memberKeys: ['b', 'c', 'a'],
    members: [
      { groups: ['x'], rank: 1 },
      { groups: ['x', 'y', 'x'], rank: 1 },
      { groups: ['x'], rank: 2 },
    ],
  });
  expect(groups.get('y')?.memberKeys).toEqual(['c']);
  expect([...groups.keys()]).toEqual(['x', 'y']);
});

test('without an order members go by key', () => {
  const graph = new Graph();
  const members = graph.source<number>('members');
  const groups = graph.group('groups', members, { by: (n) => [n > 2 ? 'big' : 'small'] });
  for (const [i, key] of ['d', 'b', 'a', 'c'].entries()) members.put(key, i);
  graph.settle();
  expect([groups.get('small')?.members, groups.get('big')?.members]).toEqual([[2, 1, 0], [3]]);
});

test('members move within and between groups; an empty group is absent', () => {
  const { graph, members, groups, firsts } = ranked();
  members.put('a', { groups: ['x'], rank: 1 });
  members.put('b', { groups: ['x'], rank: 2 });
  graph.settle();
  expect(firsts.get('x')).toEqual({ key: 'x', winner: { groups: ['x'], rank: 1 }, winnerKey: 'a' });
  members.put('a', { groups: ['x'], rank: 3 });
  graph.settle();
  expect([groups.get('x')?.memberKeys, firsts.get('x')?.winnerKey]).toEqual([['b', 'a'], 'b']);
  members.put('b', { groups: ['y'], rank: 2 });
  graph.settle();
  expect([groups.get('x')?.memberKeys, groups.get('y')?.memberKeys, firsts.get('y')?.winnerKey]).toEqual([['a'], ['b'], 'b']);
  members.put('a', undefined);
  graph.settle();
  expect([groups.has('x'), firsts.has('x'), groups.size]).toEqual([false, false, 1]);
});

test('a group is one new object per settle, and what was handed out before stays', () => {
  const { graph, members, groups } = ranked();
  const seen: (Group<Member> | undefined)[] = [];
  graph.onCommit(groups, (changes) => seen.push(...changes.map((change) => change.next)));
  for (let i = 0; i < 50; i++) members.put(`m${i}`, { groups: ['x'], rank: i });
  graph.settle();
  expect(seen.length).toBe(1);
  const before = groups.get('x');
  members.put('m0', undefined);
  members.put('m1', { groups: ['x'], rank: 99 });
  graph.settle();
  expect(seen.length).toBe(2);
  expect([before?.members.length, before?.memberKeys[0]]).toEqual([50, 'm0']);
  expect([groups.get('x')?.members.length, groups.get('x')?.memberKeys.at(-1)]).toEqual([49, 'm1']);
});

test('first changes only with the winner', () => {
  const { graph, members, firsts } = ranked();
  for (let i = 0; i < 5; i++) members.put(`m${i}`, { groups: ['x'], rank: i });
  graph.settle();
  const before = firsts.get('x');
  members.put('m3', undefined);
  members.put('m9', { groups: ['x'], rank: 9 });
  graph.settle();
  expect(firsts.get('x')).toBe(before);
});

test('one change in a group of ten thousand costs O(log n) compares', () => {
  const { graph, members, groups, comparesOf } = ranked();
  for (let i = 0; i < 10_000; i++) members.put(`m${i}`, { groups: ['x'], rank: (i * 7919) % 10_000 });
  graph.settle();
  const compares = comparesOf(() => {
    members.put('m5', { groups: ['x'], rank: 5000.5 });
    graph.settle();
  });
  expect(groups.get('x')?.memberKeys[5001]).toBe('m5');
  // Two groupings, two searches each (out and in) of 14 steps, and the probes.
  expect(compares).toBeLessThan(70);
});
