import { Graph } from './graph.ts';

function world() {
  const graph = new Graph();
  const [all, taken] = [graph.source<number>('all'), graph.source<string>('taken')];
  return { graph, all, taken, rest: graph.without('rest', all, taken) };
}

test('has the members whose key the other collection does not have, in key order', () => {
  const { graph, all, taken, rest } = world();
  for (const key of ['c', 'a', 'b']) all.put(key, key.charCodeAt(0));
  taken.put('b', 'x');
  taken.put('z', 'x');
  graph.settle();
  expect([...rest.entries()]).toEqual([
    ['a', 97],
    ['c', 99],
  ]);
  taken.put('b', undefined);
  taken.put('a', 'x');
  all.put('c', undefined);
  all.put('d', 4);
  graph.settle();
  expect([...rest.entries()]).toEqual([
    ['b', 98],
    ['d', 4],
  ]);
});

test('only what comes, goes or changes is news', () => {
  const { graph, all, taken, rest } = world();
  const news: string[] = [];
  graph.onCommit(rest, (changes) => news.push(...changes.map(({ key }) => key)));
  all.put('a', 1);
  all.put('b', 1);
  taken.put('b', 'x');
  graph.settle();
  taken.put('b', 'y');
  all.put('b', 2);
  taken.put('nobody', 'x');
  graph.settle();
  expect(news).toEqual(['a']);
});

test('one step back are the member and what might take it', () => {
  const { graph, all, rest } = world();
  all.put('a', 1);
  graph.settle();
  expect(graph.trace(rest, 'a')).toEqual([
    { collection: 'all', key: 'a' },
    { collection: 'taken', key: 'a' },
  ]);
  expect(graph.trace(rest, 'b')).toEqual([]);
});
