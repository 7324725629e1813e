import type { FleetResource } from '../translators/gateway-api/routes/route-configurations.ts';
import { Graph } from '../translators/graph/graph.ts';
import { SnapshotPublisher } from './snapshot-publisher.ts';

const listener = (name: string, version: string): FleetResource => ({
  fleet: 'default/eg',
  resource: { type: 'listener', name, version, entry: { parts: [], size: 0 }, requires: [], fragments: [], graceMs: 0 },
});

test.each([
  ['a', 'b'],
  ['b', 'a'],
])('a name that moves from key %s to key %s is changed, never removed; one that goes is removed', (from, to) => {
  const graph = new Graph('test');
  const source = graph.source<FleetResource>('listeners');
  const published: string[][] = [];
  const publisher = new SnapshotPublisher((_fleet, changes) => {
    published.push(changes.map(({ name, resource }) => `${name} ${resource?.version ?? 'removed'}`));
  });
  publisher.follow(graph, source);
  const step = (): void => {
    graph.settle();
    publisher.flush();
  };
  source.put(from, listener('http', '1'));
  step();
  source.put(from, undefined);
  source.put(to, listener('http', '2'));
  step();
  source.put(to, undefined);
  step();
  expect(published).toEqual([['http 1'], ['http 2'], ['http removed']]);
});
