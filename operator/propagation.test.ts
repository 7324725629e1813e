import type { Transition } from '../xds/fleet-hub.ts';
import type { Resource } from '../xds/resource.ts';
import type { Commit } from '../xds/resource-cache.ts';
import { Propagation } from './propagation.ts';

const resource = (name: string, version: string): Resource => ({
  type: 'cluster',
  name,
  version,
  entry: { parts: [], size: 0 },
  requires: [],
  fragments: [],
  graceMs: 0,
});
const commit = (name: string, version: string): Commit => ({
  fleet: 'default/eg',
  revision: 1,
  changes: [{ type: 'cluster', name, previous: undefined, next: resource(name, version) }],
  removed: false,
});
const answer = (name: string, version: string, state: Transition['state'] = 'synced'): Transition => ({
  fleet: 'default/eg',
  node: 'a',
  envoyVersion: '1.40.0',
  type: 'cluster',
  name,
  version,
  state,
  ...(state === 'synced' ? { answeredInMs: 1 } : {}),
});

let time: number;
let propagation: Propagation;
beforeEach(() => {
  time = 0;
  propagation = new Propagation(() => time);
});
const publish = (name: string, version: string): void => {
  propagation.committed(commit(name, version));
  propagation.published();
};

test('from the oldest event of a publication until each proxy has taken it', () => {
  propagation.arrived();
  time = 2;
  propagation.arrived();
  publish('a', '1');
  time = 7;
  expect(propagation.answered(answer('a', '1'))).toBe(7);
  time = 9;
  expect(propagation.answered({ ...answer('a', '1'), node: 'b' })).toBe(9);
});

test('a change on top of one that nobody has taken counts from the first, on top of one that was taken from its own', () => {
  propagation.arrived();
  publish('a', '1');
  time = 10;
  propagation.arrived();
  publish('a', '2');
  time = 12;
  expect(propagation.answered(answer('a', '1'))).toBeUndefined();
  expect(propagation.answered(answer('a', '2'))).toBe(12);
  time = 20;
  propagation.arrived();
  publish('a', '3');
  time = 21;
  expect(propagation.answered(answer('a', '3'))).toBe(1);
});

test('a refusal, a removal and what no event caused are not measured', () => {
  propagation.committed(commit('a', '1'));
  expect(propagation.answered(answer('a', '1'))).toBeUndefined();
  propagation.arrived();
  publish('b', '1');
  expect(propagation.answered(answer('b', '1', 'refused'))).toBeUndefined();
  expect(propagation.answered(answer('b', ''))).toBeUndefined();
});

test('what is remembered is bounded, the newest stay', () => {
  propagation.arrived();
  for (let i = 0; i < 3000; i++) propagation.committed(commit(`c${i}`, '1'));
  expect(propagation.answered(answer('c0', '1'))).toBeUndefined();
  expect(propagation.answered(answer('c2999', '1'))).toBe(0);
});
