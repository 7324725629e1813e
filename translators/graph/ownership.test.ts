import { Graph } from './graph.ts';

function claims(whenBroken = false) {
  const graph = new Graph();
  const inputs = graph.source<readonly string[]>('inputs');
  const safe = { whenBroken: (_wants: readonly string[], key: string) => [[`safe/${key}`, key]] as const };
  const owned = graph.derive('owned', inputs, (wants, _fetch, key) => wants.map((want) => [want, key] as const), whenBroken ? safe : {});
  const put = (key: string, ...wants: string[]) => inputs.put(key, wants);
  const settled = () => {
    graph.settle();
    return Object.fromEntries(owned.entries());
  };
  return { graph, inputs, put, settled };
}

test('the smaller input has the key; the other one is a fault and gets nothing', () => {
  const { graph, put, settled } = claims();
  put('a', 'x', 'a1');
  put('b', 'b1', 'x');
  expect(settled()).toEqual({ x: 'a', a1: 'a' });
  expect(graph.faults.get('owned|b')).toEqual({
    derivation: 'owned',
    input: 'b',
    message: 'output x belongs to input a already; make what inputs share with a group',
    kept: false,
  });
});

test('the smaller input has the key also when it comes later, and the loser gives all its outputs back', () => {
  const { graph, put, settled } = claims();
  put('b', 'b1', 'x');
  expect(settled()).toEqual({ b1: 'b', x: 'b' });
  put('a', 'x');
  expect(settled()).toEqual({ x: 'a' });
  expect(graph.faults.has('owned|b')).toBe(true);
});

test('when the owner lets the key go, or goes, the loser is tried again', () => {
  const { graph, inputs, put, settled } = claims();
  put('a', 'x');
  put('b', 'x');
  put('c', 'x');
  settled();
  put('a', 'y');
  expect(settled()).toEqual({ x: 'b', y: 'a' });
  expect([...graph.faults.keys()]).toEqual(['owned|c']);
  expect(graph.faults.get('owned|c')?.message).toMatch('belongs to input b');
  inputs.put('b', undefined);
  expect(settled()).toEqual({ x: 'c', y: 'a' });
  expect(graph.faults.size).toBe(0);
});

test('a loser gets its safe answer, and its outputs when it can', () => {
  const { inputs, put, settled } = claims(true);
  put('b', 'x', 'b1');
  settled();
  put('a', 'x');
  expect(settled()).toEqual({ x: 'a', 'safe/b': 'b' });
  inputs.put('a', undefined);
  expect(settled()).toEqual({ x: 'b', b1: 'b' });
});

test('a safe answer that is not free is none until it is', () => {
  const { put, settled } = claims(true);
  put('a', 'x', 'safe/b');
  put('b', 'x');
  expect(settled()).toEqual({ x: 'a', 'safe/b': 'a' });
  put('a', 'x');
  expect(settled()).toEqual({ x: 'a', 'safe/b': 'b' });
});

test('one eviction leads to the next, in one settle', () => {
  const { graph, put, settled } = claims();
  put('b', 'x', 'y');
  put('c', 'y', 'z');
  put('d', 'z');
  expect(settled()).toEqual({ x: 'b', y: 'b', z: 'd' });
  put('a', 'x');
  expect(settled()).toEqual({ x: 'a', y: 'c', z: 'c' });
  expect([...graph.faults.keys()]).toEqual(['owned|b', 'owned|d']);
  expect(graph.pending).toBe(false);
});

test('last good outputs that were kept give way too', () => {
  const graph = new Graph();
  const inputs = graph.source<{ want: string; bad?: boolean }>('inputs');
  const owned = graph.derive('owned', inputs, (input, _fetch, key) => {
    if (input.bad) throw new Error('bad');
    return [[input.want, key]];
  });
  inputs.put('b', { want: 'x' });
  graph.settle();
  inputs.put('b', { want: 'y', bad: true });
  graph.settle();
  expect(owned.get('x')).toBe('b');
  inputs.put('a', { want: 'x' });
  graph.settle();
  expect([...owned.entries()]).toEqual([['x', 'a']]);
  expect(graph.faults.get('owned|b')).toMatchObject({ message: 'bad', kept: false });
});
