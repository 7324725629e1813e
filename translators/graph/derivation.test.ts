import type { Fetch, Source, Transform } from './collection.ts';
import { Graph } from './graph.ts';

interface Route {
  readonly service: string;
  readonly label?: string;
}

function routesAndServices() {
  const graph = new Graph();
  const routes = graph.source<Route>('routes');
  const services = graph.source<string>('services');
  return { graph, routes, services };
}

test('outputs follow the input: made, changed, gone', () => {
  const { graph, routes } = routesAndServices();
  const upper = graph.derive('upper', routes, (route, _fetch, key) => [[`${key}/out`, route.service.toUpperCase()]]);
  routes.put('a', { service: 'x' });
  expect(upper.get('a/out')).toBeUndefined();
  graph.settle();
  expect(upper.get('a/out')).toBe('X');
  routes.put('a', { service: 'y' });
  graph.settle();
  expect(upper.get('a/out')).toBe('Y');
  routes.put('a', undefined);
  graph.settle();
  expect(upper.size).toBe(0);
  expect(upper.has('a/out')).toBe(false);
});

test('a run whose outputs shrink takes back what it no longer yields', () => {
  const { graph, routes } = routesAndServices();
  const letters = graph.derive('letters', routes, (route, _fetch, key) =>
    [...route.service].map((letter) => [`${key}/${letter}`, 1] as const),
  );
  routes.put('a', { service: 'xyz' });
  graph.settle();
  expect([...letters.keys()]).toEqual(['a/x', 'a/y', 'a/z']);
  routes.put('a', { service: 'yq' });
  graph.settle();
  expect([...letters.entries()]).toEqual([
    ['a/q', 1],
    ['a/y', 1],
  ]);
});

test('a look by key is remembered, also one that finds nothing, and forgotten when it is not repeated', () => {
  const { graph, routes, services } = routesAndServices();
  const clusters = graph.derive('clusters', routes, (route, fetch, key) => [[key, fetch.one(services, route.service) ?? 'none']]);
  routes.put('a', { service: 'one' });
  routes.put('b', { service: 'two' });
  graph.settle();
  expect(clusters.get('a')).toBe('none');
  expect(graph.watcherCount).toBe(2);
  services.put('one', '10.0.0.1');
  graph.settle();
  expect(clusters.get('a')).toBe('10.0.0.1');
  expect(graph.counters.get('clusters')?.runs).toBe(3);
  routes.put('a', { service: 'two' });
  graph.settle();
  expect(graph.watcherCount).toBe(1);
  services.put('one', '10.0.0.9');
  graph.settle();
  expect(graph.counters.get('clusters')?.runs).toBe(4);
});

test('a look by index sees members in key order and wakes for those that come, change and go', () => {
  const { graph, routes, services } = routesAndServices();
  const byLabel = graph.index('byLabel', routes, (route) => [route.label ?? 'none', route.label ?? 'none']);
  const users = graph.derive('users', services, (_ip, fetch, key) => [[key, fetch.by(byLabel, key).map((route) => route.service)]]);
  services.put('blue', 'x');
  services.put('red', 'x');
  for (const key of ['c', 'a', 'b']) routes.put(key, { service: key, label: 'blue' });
  graph.settle();
  expect(users.get('blue')).toEqual(['a', 'b', 'c']);
  const runs = graph.counters.get('users')?.runs ?? 0;
  routes.put('b', { service: 'B', label: 'blue' });
  graph.settle();
  expect(users.get('blue')).toEqual(['a', 'B', 'c']);
  routes.put('a', { service: 'a', label: 'red' });
  graph.settle();
  expect([users.get('blue'), users.get('red')]).toEqual([['B', 'c'], ['a']]);
  routes.put('c', undefined);
  graph.settle();
  expect(users.get('blue')).toEqual(['B']);
  expect(graph.counters.get('users')?.runs).toBe(runs + 4);
});

test('a look at all sees members in key order and any change wakes it', () => {
  const { graph, routes, services } = routesAndServices();
  const all = graph.derive('all', routes, (_route, fetch, key) => [[key, fetch.all(services).join()]]);
  routes.put('a', { service: '' });
  services.put('y', '2');
  services.put('x', '1');
  graph.settle();
  expect(all.get('a')).toBe('1,2');
  services.put('m', '0');
  graph.settle();
  expect(all.get('a')).toBe('0,1,2');
  services.put('x', undefined);
  graph.settle();
  expect(all.get('a')).toBe('0,2');
});

test('what a run was handed stays as it was, whatever changes later', () => {
  const { graph, routes, services } = routesAndServices();
  const byLength = graph.index('byLength', services, (ip) => [`${ip.length}`]);
  const looks = graph.derive('looks', routes, (_route, fetch, key) => [[key, [fetch.by(byLength, '1'), fetch.all(services)]]]);
  routes.put('a', { service: '' });
  services.put('x', '1');
  graph.settle();
  const first = looks.get('a');
  services.put('y', '2');
  graph.settle();
  expect(first).toEqual([['1'], ['1']]);
  expect(looks.get('a')).toEqual([
    ['1', '2'],
    ['1', '2'],
  ]);
});

test('an output equal to the previous one wakes nobody and keeps the previous object', () => {
  const { graph, routes } = routesAndServices();
  const sorted = graph.derive('sorted', routes, (route, _fetch, key) => [[key, { letters: [...route.service].sort() }]]);
  graph.derive('after', sorted, (value, _fetch, key) => [[key, value.letters.length]]);
  routes.put('a', { service: 'abc' });
  graph.settle();
  const before = sorted.get('a');
  routes.put('a', { service: 'cba' });
  graph.settle();
  expect(sorted.get('a')).toBe(before);
  expect(graph.counters.get('sorted')?.runs).toBe(2);
  expect(graph.counters.get('after')?.runs).toBe(1);
});

test('equals decides what is a change', () => {
  const { graph, routes } = routesAndServices();
  const lengths = graph.derive('lengths', routes, (route, _fetch, key) => [[key, route.service]], {
    equals: (a, b) => a.length === b.length,
  });
  routes.put('a', { service: 'abc' });
  graph.settle();
  routes.put('a', { service: 'xyz' });
  graph.settle();
  expect(lengths.get('a')).toBe('abc');
});

test('a key that moves from one input to another is a change at most, never a deletion', () => {
  const { graph, routes } = routesAndServices();
  const byService = graph.derive('byService', routes, (route) => [[route.service, 'same']]);
  const after = graph.derive('after', byService, (value, _fetch, key) => [[key, value]]);
  routes.put('a', { service: 'x' });
  graph.settle();
  routes.put('a', undefined);
  routes.put('b', { service: 'x' });
  graph.settle();
  expect(after.get('x')).toBe('same');
  expect(graph.counters.get('after')?.runs).toBe(1);
  expect(graph.faults.size).toBe(0);
});

test('runs go in creation order, and in key order within a derivation', () => {
  const { graph, routes, services } = routesAndServices();
  const order: string[] = [];
  const noting = (name: string): Transform<unknown, number> => {
    return (_input, _fetch, key) => {
      order.push(name + key);
      return [[key, 1]];
    };
  };
  graph.derive('1', services, noting('1'));
  graph.derive('2', routes, noting('2'));
  for (const key of ['c', 'a', 'b']) routes.put(key, { service: '' });
  for (const key of ['z', 'y']) services.put(key, '');
  graph.settle();
  expect(order).toEqual(['1y', '1z', '2a', '2b', '2c']);
});

test('a derivation or index made late sees what is there already', () => {
  const { graph, routes, services } = routesAndServices();
  routes.put('a', { service: 'x' });
  services.put('x', '1');
  graph.settle();
  const byService = graph.index('byService', routes, (route) => [route.service]);
  const late = graph.derive('late', services, (_ip, fetch, key) => [[key, fetch.by(byService, key).length]]);
  expect(graph.pending).toBe(true);
  graph.settle();
  expect(late.get('x')).toBe(1);
  expect(graph.pending).toBe(false);
});

describe('what a transform must not do is a fault that says so', () => {
  const messageOf = (transform: (graph: Graph) => Transform<Route, unknown>) => {
    const { graph, routes } = routesAndServices();
    graph.derive('made', routes, transform(graph));
    graph.derive('later', routes, () => []);
    routes.put('a', { service: 'x' });
    graph.settle();
    return graph.faults.get('made|a')?.message;
  };

  test('look at what comes after it', () => {
    let later: Source<unknown> | undefined;
    const message = messageOf((graph) => {
      return (_route, fetch) => {
        later ??= graph.source('tooLate');
        fetch.one(later, 'x');
        return [];
      };
    });
    expect(message).toBe('made looks at tooLate, which does not come before it; create tooLate first');
  });
  test('look into another graph', () => {
    const other = new Graph();
    const source = other.source('other');
    expect(messageOf(() => (_route, fetch) => [['k', fetch.one(source, 'x')]])).toMatch('collection other is not of this graph');
    const index = other.index('index', source, () => []);
    expect(messageOf(() => (_route, fetch) => [['k', fetch.by(index, 'x')]])).toMatch('collection other is not of this graph');
  });
  test('look after its run', () => {
    let kept: Fetch | undefined;
    const { graph, routes } = routesAndServices();
    graph.derive('made', routes, (_route, fetch) => {
      kept = fetch;
      return [];
    });
    routes.put('a', { service: 'x' });
    graph.settle();
    expect(() => kept?.one(routes, 'a')).toThrow('the fetch of made was used after its run');
  });
  test('yield a key twice', () => {
    expect(
      messageOf(() => () => [
        ['k', 1],
        ['k', 2],
      ]),
    ).toMatch('output k was yielded twice');
  });
  test('yield undefined', () => {
    expect(messageOf(() => () => [['k', undefined]])).toMatch('output k is undefined');
  });
  test('settle', () => {
    expect(
      messageOf((graph) => () => {
        graph.settle();
        return [];
      }),
    ).toMatch('a settle was asked for from within a settle');
  });
});
