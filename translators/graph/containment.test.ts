import { Graph } from './graph.ts';

interface Input {
  readonly out: string;
  readonly bad?: boolean;
}

function refuse(reason: unknown): never {
  throw reason;
}

function* outputsOf(input: Input, key: string) {
  yield [`${key}/1`, input.out] as const;
  if (input.bad) throw new Error(`cannot do ${key}`);
  yield [`${key}/2`, input.out] as const;
}

function guarded(whenBroken?: (input: Input, key: string) => Iterable<readonly [string, string]>) {
  const graph = new Graph();
  const inputs = graph.source<Input>('inputs');
  const derived = graph.derive('derived', inputs, (input, _fetch, key) => outputsOf(input, key), whenBroken ? { whenBroken } : {});
  const put = (key: string, input: Input | undefined) => {
    inputs.put(key, input);
    graph.settle();
  };
  return { graph, derived, put };
}

test('a throw keeps the last good outputs whole, tells the fault, and lifts when a run succeeds', () => {
  const { graph, derived, put } = guarded();
  put('a', { out: 'v1' });
  put('a', { out: 'v2', bad: true });
  expect([...derived.entries()]).toEqual([
    ['a/1', 'v1'],
    ['a/2', 'v1'],
  ]);
  expect([...graph.faults.entries()]).toEqual([['derived|a', { derivation: 'derived', input: 'a', message: 'cannot do a', kept: true }]]);
  put('a', { out: 'v3' });
  expect([...derived.entries()]).toEqual([
    ['a/1', 'v3'],
    ['a/2', 'v3'],
  ]);
  expect(graph.faults.size).toBe(0);
  expect(graph.counters.get('derived')).toEqual({ runs: 3, faults: 1 });
});

test('a first run that throws leaves no outputs, or the safe answer of the newest input', () => {
  const plain = guarded();
  plain.put('a', { out: 'v1', bad: true });
  expect(plain.derived.size).toBe(0);
  expect(plain.graph.faults.get('derived|a')?.kept).toBe(false);

  const safe = guarded((input, key) => [[`${key}/1`, `500 for ${input.out}`]]);
  safe.put('a', { out: 'v1', bad: true });
  safe.put('a', { out: 'v2', bad: true });
  expect([...safe.derived.entries()]).toEqual([['a/1', '500 for v2']]);
  expect(safe.graph.faults.get('derived|a')?.kept).toBe(false);
  safe.put('a', { out: 'v3' });
  expect([...safe.derived.entries()]).toEqual([
    ['a/1', 'v3'],
    ['a/2', 'v3'],
  ]);
  safe.put('a', { out: 'v4', bad: true });
  expect(safe.derived.get('a/1')).toBe('v3');
});

test('a safe answer that throws is none', () => {
  const { graph, derived, put } = guarded((input) => (input.out === 'v1' ? [['a/1', '500']] : refuse(new Error('not even that'))));
  put('a', { out: 'v1', bad: true });
  expect(derived.get('a/1')).toBe('500');
  put('a', { out: 'v2', bad: true });
  expect(derived.size).toBe(0);
  expect(graph.faults.get('derived|a')?.message).toBe('cannot do a');
});

test('the fault goes with its input, and so do the outputs that were kept', () => {
  const { graph, derived, put } = guarded();
  put('a', { out: 'v1' });
  put('a', { out: 'v2', bad: true });
  put('a', undefined);
  expect([derived.size, graph.faults.size]).toEqual([0, 0]);
  put('a', { out: 'v3', bad: true });
  expect(derived.size).toBe(0);
});

test('a failed run looks on: what it saw may mend it', () => {
  const graph = new Graph();
  const inputs = graph.source<Input>('inputs');
  const lookups = graph.source<string>('lookups');
  const derived = graph.derive('derived', inputs, (input, fetch, key) => [
    [key, fetch.one(lookups, input.out) ?? refuse(new Error('no lookup'))],
  ]);
  inputs.put('a', { out: 'x' });
  graph.settle();
  expect(graph.faults.get('derived|a')?.message).toBe('no lookup');
  lookups.put('x', 'found');
  graph.settle();
  expect(derived.get('a')).toBe('found');
  expect(graph.faults.size).toBe(0);
  lookups.put('x', undefined);
  graph.settle();
  expect(derived.get('a')).toBe('found');
  expect(graph.faults.get('derived|a')?.kept).toBe(true);
});

test.each([
  ['an Error', new TypeError('of a kind'), 'of a kind'],
  ['a string', 'only words', 'only words'],
  ['something else', Object.create(null), 'something that is no Error was thrown: [object Object]'],
])('the message of %s', (_what, thrown, message) => {
  const graph = new Graph();
  const inputs = graph.source<number>('inputs');
  graph.derive('derived', inputs, () => refuse(thrown));
  inputs.put('a', 1);
  graph.settle();
  expect(graph.faults.get('derived|a')?.message).toBe(message);
});

test('an equals that throws is a fault of the input, and nothing is committed', () => {
  const graph = new Graph();
  const inputs = graph.source<number>('inputs');
  const fussy = (a: number, b: number) => (b === 13 ? refuse(new Error('13')) : a === b);
  const derived = graph.derive(
    'derived',
    inputs,
    (input, _fetch, key) => [
      [key, input],
      [`${key}+`, 1],
    ],
    { equals: fussy },
  );
  const raw = graph.source<number>('raw', { equals: fussy });
  for (const value of [1, 13]) {
    inputs.put('a', value);
    raw.put('a', value);
    graph.settle();
  }
  expect(derived.get('a')).toBe(1);
  expect(raw.get('a')).toBe(13);
  expect([...graph.faults.keys()]).toEqual(['derived|a', 'raw|a']);
  inputs.put('a', 2);
  raw.put('a', 2);
  graph.settle();
  expect([derived.get('a'), raw.get('a'), graph.faults.size]).toEqual([2, 2, 0]);
});

describe('an index, group or count that fails on a member', () => {
  interface Labelled {
    readonly labels: readonly string[];
    readonly rank?: number;
  }
  const fussyRank = (value: Labelled) => value.rank ?? refuse(new Error('no rank'));

  function labelled() {
    const graph = new Graph();
    const members = graph.source<Labelled>('members');
    const by = (value: Labelled) => (value.labels.length > 0 ? value.labels : refuse(new Error('no labels')));
    const index = graph.index('index', members, by);
    const counts = graph.count('counts', members, by);
    const groups = graph.group('groups', members, { by, orderBy: (a, b) => fussyRank(a) - fussyRank(b) });
    const firsts = graph.first('firsts', members, { by });
    const found = graph.derive('found', counts, (_n, fetch, key) => [[key, fetch.by(index, key).length]]);
    return { graph, members, counts, groups, firsts, found };
  }

  test('keeps it where it was last good and tells the fault', () => {
    const { graph, members, counts, groups, firsts, found } = labelled();
    members.put('a', { labels: ['x'], rank: 2 });
    members.put('b', { labels: ['x'], rank: 1 });
    graph.settle();
    members.put('a', { labels: [] });
    graph.settle();
    expect([counts.get('x'), found.get('x'), firsts.get('x')?.winnerKey, groups.get('x')?.memberKeys]).toEqual([2, 2, 'a', ['b', 'a']]);
    expect([...graph.faults.entries()].map(([key, fault]) => [key, fault.kept])).toEqual([
      ['counts|a', true],
      ['firsts|a', true],
      ['groups|a', true],
      ['index|a', true],
    ]);
    members.put('a', undefined);
    graph.settle();
    expect([counts.get('x'), found.get('x'), groups.get('x')?.memberKeys, graph.faults.size]).toEqual([1, 1, ['b'], 0]);
  });

  test('leaves it out when it was never good, and the others stand', () => {
    const { graph, members, counts, groups } = labelled();
    members.put('a', { labels: ['x'] });
    members.put('b', { labels: ['x'], rank: 1 });
    graph.settle();
    expect([counts.get('x'), groups.get('x')?.memberKeys]).toEqual([2, ['b']]);
    expect([...graph.faults.keys()]).toEqual(['groups|a']);
    members.put('a', { labels: ['x'], rank: 0 });
    graph.settle();
    expect([groups.get('x')?.memberKeys, graph.faults.size]).toEqual([['a', 'b'], 0]);
  });

  test('an order that fails on a pair only goes by key', () => {
    const graph = new Graph();
    const members = graph.source<number>('members');
    const groups = graph.group('groups', members, { by: () => ['x'], orderBy: (a, b) => (a !== b ? refuse(new Error('a pair')) : 0) });
    for (const [i, key] of ['c', 'a', 'b'].entries()) members.put(key, i);
    graph.settle();
    expect(groups.get('x')?.memberKeys).toEqual(['a', 'b', 'c']);
    expect(graph.faults.size).toBeGreaterThan(0);
  });
});

describe('looks at faults', () => {
  test('see those of the same settle, and those of nodes made later as well', () => {
    const graph = new Graph();
    const inputs = graph.source<number>('inputs');
    const conditions = graph.derive('conditions', inputs, (_input, fetch, key) => [
      [key, ['before', 'after'].map((name) => fetch.one(graph.faults, `${name}|${key}`)?.message ?? 'fine')],
    ]);
    graph.derive('before', inputs, (input) => (input === 1 ? refuse('early') : []));
    const copied = graph.derive('copied', graph.faults, (fault, _fetch, key) => [[key, fault.message]]);
    graph.derive('after', inputs, (input) => (input > 0 ? refuse('late') : []));
    inputs.put('a', 1);
    graph.settle();
    expect(conditions.get('a')).toEqual(['early', 'late']);
    expect([...copied.entries()]).toEqual([
      ['after|a', 'late'],
      ['before|a', 'early'],
    ]);
    expect(graph.pending).toBe(false);
    inputs.put('a', 0);
    graph.settle();
    expect(conditions.get('a')).toEqual(['fine', 'fine']);
    expect(copied.size).toBe(0);
  });

  test('a transform that feeds on its own fault ends the settle all the same', () => {
    const graph = new Graph();
    const inputs = graph.source<number>('inputs');
    graph.derive('moody', inputs, (_input, fetch) => (fetch.one(graph.faults, 'moody|a') ? [] : refuse('I was fine')));
    inputs.put('a', 1);
    graph.settle();
    expect(graph.pending).toBe(true);
    expect(graph.counters.get('moody')?.runs).toBeLessThan(20);
  });

  test('an index that fails on faults breeds no further ones', () => {
    const graph = new Graph();
    const inputs = graph.source<number>('inputs');
    graph.index('index', graph.faults, () => refuse('no'));
    graph.derive('derived', inputs, () => refuse('bad'));
    inputs.put('a', 1);
    graph.settle();
    expect([...graph.faults.keys()]).toEqual(['derived|a', 'index|derived|a']);
  });

  test('an input that yielded nothing and looked at nothing may fail, recover and go', () => {
    const graph = new Graph();
    const inputs = graph.source<number>('inputs');
    const some = graph.derive('some', inputs, (input, _fetch, key) => (input < 0 ? refuse('negative') : input === 0 ? [] : [[key, input]]));
    const put = (value: number | undefined) => {
      inputs.put('a', value);
      graph.settle();
      return [some.get('a'), graph.faults.get('some|a')?.kept];
    };
    expect([0, -1, 0, 3, -1, 0, -1, undefined].map(put)).toEqual([
      [undefined, undefined],
      [undefined, false],
      [undefined, undefined],
      [3, undefined],
      [3, true],
      [undefined, undefined],
      [undefined, false],
      [undefined, undefined],
    ]);
  });
});
