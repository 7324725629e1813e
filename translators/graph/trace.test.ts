import { Graph } from './graph.ts';

test('trace goes one step back: the input and every look, present or not', () => {
  const graph = new Graph();
  const routes = graph.source<{ service: string }>('routes');
  const services = graph.source<string>('services');
  const byService = graph.index('byService', routes, (route) => [route.service]);
  const entries = graph.derive('entries', routes, (route, fetch, key) => [
    [`${key}/0`, `${fetch.one(services, route.service)}${fetch.one(services, 'absent')}`],
  ]);
  const users = graph.derive('users', services, (_ip, fetch, key) => [
    [key, fetch.by(byService, key).length + fetch.all(services).length + fetch.by(byService, key).length],
  ]);
  const groups = graph.group('groups', entries, { by: () => ['all'] });
  const firsts = graph.first('firsts', entries, { by: () => ['all'] });
  const counts = graph.count('counts', entries, () => ['all']);
  const both = graph.join<unknown>('both', groups, services);
  graph.derive('broken', services, () => {
    throw new Error('broken');
  });
  routes.put('r2', { service: 's' });
  routes.put('r1', { service: 's' });
  services.put('s', '10.0.0.1');
  services.put('t', '10.0.0.2');
  graph.settle();
  const trace = (...args: Parameters<Graph['trace']>) => graph.trace(...args).map((step) => `${step.collection} ${step.key}`);

  expect(trace(entries, 'r1/0')).toEqual(['routes r1', 'services s', 'services absent']);
  expect(trace(users, 's')).toEqual(['services s', 'byService s', 'routes r1', 'routes r2', 'services s', 'services t']);
  for (const collection of [groups, firsts, counts]) expect(trace(collection, 'all')).toEqual(['entries r1/0', 'entries r2/0']);
  expect(trace(both, 'all')).toEqual(['groups all']);
  expect(trace(both, 's')).toEqual(['services s']);
  expect(trace(graph.faults, 'broken|s')).toEqual(['services s']);
  expect([trace(routes, 'r1'), trace(entries, 'none'), trace(groups, 'none'), trace(graph.faults, 'none')]).toEqual([[], [], [], []]);
});
