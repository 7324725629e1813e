import { Graph } from '../translators/graph/graph.ts';
import type { FleetObservation } from '../translators/inputs.ts';
import { FleetObservations, HERE } from './fleet-observations.ts';
import type { ProxyStanding } from './proxy-standing.ts';

const at = (node: string, standing: Partial<ProxyStanding> = {}): ProxyStanding => ({
  node,
  served: true,
  lagging: false,
  refused: [],
  ...standing,
});
const UP = { proxies: 3, ready: 3, addresses: ['10.0.0.1'] };

let graph: Graph;
let observations: FleetObservations;
let observed: () => FleetObservation | undefined;

beforeEach(() => {
  graph = new Graph('test');
  const source = graph.source<FleetObservation>('observations');
  observations = new FleetObservations(source, () => undefined);
  observed = () => {
    graph.settle();
    return source.get('f');
  };
});

test('the proxies of all replicas make one fleet', () => {
  observations.infrastructure('f', UP);
  observations.standings(HERE, 'f', [at('p1'), at('p2', { lagging: true })]);
  expect(observations.isComplete).toBe(false);
  const refused = [{ type: 'listener', name: 'l', message: 'no' }];
  observations.standings('b', 'f', [at('p3', { served: false, refused })]);
  expect(observations.isComplete).toBe(true);
  expect(observed()).toEqual({ ...UP, ready: 2, lagging: ['p2'], refused });
});

test('a proxy that changed the replica is where it came to last, whoever speaks later', () => {
  observations.infrastructure('f', { proxies: 1, ready: 1 });
  const refused = [{ type: 'listener', name: 'l', message: 'no' }];
  observations.standings('a', 'f', [at('p', { refused })]);
  observations.standings('b', 'f', [at('p')]);
  observations.standings('a', 'f', [at('p', { refused, lagging: true })]);
  expect(observed()).toMatchObject({ ready: 1, refused: [], lagging: [] });
  observations.forget('a');
  expect(observed()).toMatchObject({ ready: 1 });
});

test('what a silent replica said counts as unknown, but for proxies that came to others since', () => {
  observations.infrastructure('f', UP);
  observations.standings('a', 'f', [at('p1'), at('p2')]);
  observations.standings(HERE, 'f', [at('p3')]);
  observations.silent('a', true);
  expect(observed()).toMatchObject({ ready: 1, silent: ['a'] });
  observations.standings('b', 'f', [at('p1'), at('p2')]);
  expect(observed()).toEqual({ ...UP, refused: [], lagging: [] });
});

test('a silent replica hides nothing where others speak of every proxy that is up', () => {
  observations.infrastructure('f', UP);
  observations.standings('a', 'f', [at('dead')]);
  observations.standings(HERE, 'f', [at('p1'), at('p2'), at('p3')]);
  observations.silent('a', true);
  expect(observed()).not.toHaveProperty('silent');
});

test('a silent replica that speaks again is known again', () => {
  observations.infrastructure('f', UP);
  observations.standings('a', 'f', [at('p1')]);
  observations.silent('a', true);
  observations.silent('a', false);
  expect(observed()).toMatchObject({ ready: 1 });
  expect(observed()).not.toHaveProperty('silent');
});

test('a fleet without infrastructure is nobody’s', () => {
  observations.standings('a', 'f', [at('p1')]);
  expect(observed()).toBeUndefined();
  observations.infrastructure('f', UP);
  expect(observed()).toMatchObject({ ready: 1 });
  observations.infrastructure('f', undefined);
  expect(observed()).toBeUndefined();
});
