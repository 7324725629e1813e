import type { Change } from './collection.ts';
import { Graph } from './graph.ts';

function counted(size = 0) {
  const graph = new Graph('counted');
  const inputs = graph.source<number>('inputs');
  const doubled = graph.derive('doubled', inputs, (n, _fetch, key) => [[key, n * 2]]);
  const summed = graph.derive('summed', doubled, (n, fetch, key) => [[key, n + (fetch.one(doubled, 'k0') ?? 0)]]);
  const commits: (readonly Change<number>[])[] = [];
  const stop = graph.onCommit(summed, (changes) => commits.push(changes));
  for (let i = 0; i < size; i++) inputs.put(`k${i}`, i);
  const runs = () => [...graph.counters.values()].reduce((sum, counter) => sum + counter.runs, 0);
  return { graph, inputs, doubled, summed, commits, stop, runs };
}

describe('sources', () => {
  test('stand still until a settle takes the puts in', () => {
    const { graph, inputs } = counted(2);
    expect([inputs.size, graph.pending]).toEqual([0, true]);
    graph.settle();
    expect([inputs.size, graph.pending]).toEqual([2, false]);
    inputs.put('k1', undefined);
    expect([inputs.get('k1'), graph.pending]).toEqual([1, true]);
    graph.settle();
    expect([inputs.has('k1'), [...inputs.keys()]]).toEqual([false, ['k0']]);
  });

  test('a put that changes nothing runs nothing', () => {
    const { graph, inputs, runs } = counted(2);
    graph.settle();
    const before = runs();
    inputs.put('k1', 1);
    inputs.put('none', undefined);
    graph.settle();
    expect(runs()).toBe(before);
  });

  test('equals of a source decides what changes', () => {
    const graph = new Graph();
    const objects = graph.source<{ version: number; noise: number }>('objects', { equals: (a, b) => a.version === b.version });
    objects.put('a', { version: 1, noise: 1 });
    graph.settle();
    objects.put('a', { version: 1, noise: 2 });
    graph.settle();
    expect(objects.get('a')?.noise).toBe(1);
  });

  test('what a transform or listener puts counts from the next settle', () => {
    const { graph, inputs, summed, commits } = counted(1);
    graph.onCommit(summed, () => inputs.put('late', 5));
    graph.settle();
    expect([inputs.has('late'), graph.pending, commits.length]).toEqual([false, true, 1]);
    graph.settle();
    expect(summed.get('late')).toBe(10);
  });
});

describe('onCommit', () => {
  test('tells changes in key order, one a key, with what was and what is', () => {
    const { graph, inputs, commits } = counted(3);
    graph.settle();
    inputs.put('k2', undefined);
    inputs.put('k1', 7);
    inputs.put('k3', 1);
    inputs.put('k1', 8);
    graph.settle();
    expect(commits[1]).toEqual([
      { key: 'k1', previous: 2, next: 16 },
      { key: 'k2', previous: 4, next: undefined },
      { key: 'k3', previous: undefined, next: 2 },
    ]);
  });

  test('is silent when nothing changed, and after stop', () => {
    const { graph, inputs, commits, stop } = counted(1);
    graph.settle();
    graph.settle();
    inputs.put('k0', 0);
    graph.settle();
    expect(commits.length).toBe(1);
    stop();
    inputs.put('k0', 9);
    graph.settle();
    expect(commits.length).toBe(1);
  });

  test('one that is stopped by a listener before it is not told any more', () => {
    const { graph, summed, commits, stop } = counted(1);
    stop();
    const stops: (() => void)[] = [];
    graph.onCommit(summed, () => {
      for (const later of stops) later();
    });
    stops.push(graph.onCommit(summed, (changes) => commits.push(changes)));
    graph.settle();
    expect(commits.length).toBe(0);
  });

  test('a change and its reversal by a fault within one settle is no change', () => {
    const graph = new Graph();
    const inputs = graph.source<number>('inputs');
    // It changes when it first runs and changes back when the fault of the node after it has reached it.
    const seen = graph.derive('seen', inputs, (input, fetch, key) => [[key, fetch.one(graph.faults, `after|${key}`) ? 0 : input]]);
    graph.derive('after', inputs, (input) => {
      if (input > 0) throw new Error('positive');
      return [];
    });
    const commits: unknown[] = [];
    graph.onCommit(seen, (changes) => commits.push(changes));
    inputs.put('a', 0);
    graph.settle();
    inputs.put('a', 1);
    graph.settle();
    expect(graph.counters.get('seen')?.runs).toBe(3);
    expect(commits.length).toBe(1);
  });

  test('a listener that throws harms no other, and the settle throws at its end', () => {
    const { graph, inputs, summed, commits } = counted(1);
    const stop = graph.onCommit(summed, () => {
      throw new Error('sink is full');
    });
    graph.onCommit(summed, (changes) => commits.push(changes));
    expect(() => graph.settle()).toThrow('sink is full');
    expect(commits.length).toBe(2);
    expect(graph.pending).toBe(false);
    graph.onCommit(summed, () => {
      throw new Error('sink is gone');
    });
    inputs.put('k0', 4);
    expect(() => graph.settle()).toThrow('2 listeners failed');
    stop();
    expect(commits.length).toBe(4);
  });

  test('a listener may not settle', () => {
    const { graph, summed } = counted(1);
    graph.onCommit(summed, () => graph.settle());
    expect(() => graph.settle()).toThrow('from within a settle');
  });
});

describe('settleSlices', () => {
  test.each([
    [1, 49],
    [4, 12],
    [50, 0],
  ])('never does more than %i runs between two yields, and commits once at the end', (maxRuns, yields) => {
    const { graph, summed, commits, runs } = counted(25);
    let before = 0;
    let slices = 0;
    for (const _ of graph.settleSlices(maxRuns)) {
      expect(runs() - before).toBeLessThanOrEqual(maxRuns);
      expect([commits.length, graph.pending]).toEqual([0, true]);
      before = runs();
      slices++;
    }
    expect([runs(), slices, commits.length]).toEqual([50, yields, 1]);
    expect([summed.size, graph.pending]).toEqual([25, false]);
  });

  test('sources are frozen while it is open', () => {
    const { graph, inputs, summed, commits } = counted(10);
    for (const _ of graph.settleSlices(3)) inputs.put('k5', 500);
    expect([inputs.get('k5'), summed.get('k5'), graph.pending]).toEqual([5, 10, true]);
    graph.settle();
    expect([summed.get('k5'), commits.length]).toEqual([1000, 2]);
  });

  test('settle finishes one that is open, then takes in what was put since', () => {
    const { graph, inputs, summed, commits } = counted(10);
    const slices = graph.settleSlices(3);
    slices.next();
    inputs.put('k5', 500);
    graph.settle();
    expect(commits.map((changes) => changes.length)).toEqual([10, 1]);
    expect(summed.get('k5')).toBe(1000);
    expect(slices.next().done).toBe(true);
    expect(commits.length).toBe(2);
  });

  test('one that was given up is finished by the next', () => {
    const { graph, inputs, commits } = counted(10);
    graph.settleSlices(3).next();
    inputs.put('k5', 500);
    expect([...graph.settleSlices(7)].length).toBe(2);
    expect(commits.map((changes) => changes.length)).toEqual([10, 1]);
  });

  test('does nothing before it is first asked, and refuses slices of nothing', () => {
    const { graph, inputs } = counted(1);
    const slices = graph.settleSlices(1);
    expect(inputs.size).toBe(0);
    slices.next();
    expect(inputs.size).toBe(1);
    expect(() => graph.settleSlices(0).next()).toThrow('maxRuns is 0; it must be a whole number of at least 1');
  });
});

describe('names', () => {
  test.each(['', 'a|b'])('"%s" is refused', (name) => {
    expect(() => new Graph().source(name)).toThrow(`"${name}" cannot name a collection`);
  });
  test.each(['inputs', 'doubled', 'faults'])('a second "%s" is refused', (name) => {
    expect(() => counted().graph.source(name)).toThrow(`graph counted has a "${name}" already`);
  });
  test('a collection of another graph is refused', () => {
    const other = new Graph().source<number>('other');
    expect(() => counted().graph.derive('more', other, () => [])).toThrow('collection other is not of this graph');
  });
});
