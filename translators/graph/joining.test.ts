import { Graph } from './graph.ts';

test('is the union of collections of disjoint keys', () => {
  const graph = new Graph();
  const [left, right] = [graph.source<number>('left'), graph.source<number>('right')];
  const both = graph.join('both', left, right);
  left.put('b', 1);
  right.put('a', 2);
  graph.settle();
  expect([...both.entries()]).toEqual([
    ['a', 2],
    ['b', 1],
  ]);
  left.put('b', 3);
  right.put('a', undefined);
  graph.settle();
  expect([...both.entries()]).toEqual([['b', 3]]);
});

test('a shared key goes to the collection named first, whoever came first, and is a fault until one lets go', () => {
  const graph = new Graph();
  const [left, right] = [graph.source<string>('left'), graph.source<string>('right')];
  const both = graph.join('both', left, right);
  right.put('a', 'right');
  graph.settle();
  expect(both.get('a')).toBe('right');
  left.put('a', 'left');
  graph.settle();
  expect(both.get('a')).toBe('left');
  expect(graph.faults.get('both|a')).toEqual({
    derivation: 'both',
    input: 'a',
    message: 'both left and right have it; joined collections must not share keys',
    kept: false,
  });
  left.put('a', undefined);
  graph.settle();
  expect([both.get('a'), graph.faults.size]).toEqual(['right', 0]);
});
