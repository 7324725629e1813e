import { Graph } from './graph.ts';

test('counts members by key; a key without members is absent; an unchanged count wakes nobody', () => {
  const graph = new Graph();
  const members = graph.source<readonly string[]>('members');
  const counts = graph.count('counts', members, (names) => names);
  graph.derive('after', counts, (count, _fetch, key) => [[key, count]]);
  members.put('a', ['x', 'y', 'x']);
  members.put('b', ['x']);
  graph.settle();
  expect([...counts.entries()]).toEqual([
    ['x', 2],
    ['y', 1],
  ]);
  members.put('a', ['z']);
  members.put('c', ['x']);
  graph.settle();
  expect([...counts.entries()]).toEqual([
    ['x', 2],
    ['z', 1],
  ]);
  expect(graph.counters.get('after')?.runs).toBe(3);
  for (const key of ['a', 'b', 'c']) members.put(key, undefined);
  graph.settle();
  expect(counts.size).toBe(0);
});
