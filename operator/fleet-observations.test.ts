import { Graph } from '../translators/graph/graph.ts';
import type { FleetObservation } from '../translators/inputs.ts';
import { HandClock } from './cluster/testing/hand-clock.ts';
import { FleetObservations, HEARING_MS, HERE } from './fleet-observations.ts';
import { RETURN_MS } from './former-standings.ts';
import type { ProxyStanding } from './proxy-standing.ts';

const at = (node: string, standing: Partial<ProxyStanding> = {}): ProxyStanding => ({
  node,
  served: true,
  lagging: false,
  refused: [],
  ...standing,
});
const UP = { proxies: 3, ready: 3, addresses: ['10.0.0.1'] };
const ONE = { proxies: 1, ready: 1, addresses: ['10.0.0.1'] };
const fresh = (node: string): ProxyStanding => at(node, { served: false });
const REFUSED = [{ type: 'listener', name: 'l', message: 'no' }];

let graph: Graph;
let clock: HandClock;
let observations: FleetObservations;
let observed: () => FleetObservation | undefined;

beforeEach(() => {
  graph = new Graph('test');
  const source = graph.source<FleetObservation>('observations');
  clock = new HandClock();
  observations = new FleetObservations(source, () => undefined, clock);
  observed = () => {
    graph.settle();
    return source.get('f');
  };
});

test('the proxies of all replicas make one fleet', () => {
  observations.infrastructure('f', UP);
  observations.standings(HERE, 'f', [at('p1'), at('p2', { lagging: true })]);
  expect(observations.isComplete).toBe(false);
  observations.standings('b', 'f', [at('p3', { refused: REFUSED })]);
  expect(observations.isComplete).toBe(true);
  expect(observed()).toEqual({ ...UP, lagging: ['p2'], refused: REFUSED });
});

test('a proxy that changed the replica is where it came to last, whoever speaks later', () => {
  observations.infrastructure('f', { proxies: 1, ready: 1 });
  observations.standings('a', 'f', [at('p', { refused: REFUSED })]);
  observations.standings('b', 'f', [at('p')]);
  observations.standings('a', 'f', [at('p', { refused: REFUSED, lagging: true })]);
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

describe('whoever has just begun to lead', () => {
  beforeEach(() => observations.begin());

  test('knows nothing bad of proxies that have not come yet', () => {
    observations.infrastructure('f', UP);
    observations.standings(HERE, 'f', [at('p1')]);
    expect(observed()).toMatchObject({ ready: 1, unheard: true });
    expect(observations.isComplete).toBe(false);
    observations.standings('b', 'f', [at('p2'), at('p3')]);
    expect(observed()).toEqual({ ...UP, refused: [], lagging: [] });
    expect(observations.isComplete).toBe(true);
  });

  test('has not heard a proxy that is connected and has confirmed nothing yet', () => {
    observations.infrastructure('f', ONE);
    observations.standings(HERE, 'f', [fresh('p')]);
    expect(observed()).toMatchObject({ ready: 0, unheard: true });
    expect(observations.isComplete).toBe(false);
    observations.standings(HERE, 'f', [at('p')]);
    expect(observed()).toEqual({ ...ONE, refused: [], lagging: [] });
  });

  test('knows nothing of proxies of which nothing was read yet', async () => {
    observations.expect('f', true);
    expect(observed()).toMatchObject({ unheard: true, addresses: undefined });
    observations.standings(HERE, 'f', [at('p')]);
    expect(observed()).toMatchObject({ unheard: true });
    expect(observations.isComplete).toBe(false);
    await clock.advance(HEARING_MS);
    expect(observed()).toBeUndefined();
    observations.begin();
    observations.expect('f', false);
    expect(observed()).toBeUndefined();
  });

  test('waits no longer than a proxy may take to come', async () => {
    observations.infrastructure('f', UP);
    observations.standings(HERE, 'f', [at('p1')]);
    await clock.advance(HEARING_MS - 1);
    expect(observed()).toMatchObject({ unheard: true });
    await clock.advance(1);
    expect(observed()).toEqual({ ...UP, ready: 1, unconfirmed: 2, refused: [], lagging: [] });
  });

  test('tells at once of proxies that are gone, for certain', () => {
    observations.infrastructure('f', { ...UP, ready: 0 });
    expect(observed()).toEqual({ ...UP, ready: 0, refused: [], lagging: [] });
    expect(observations.isComplete).toBe(true);
  });

  test('has heard a proxy that refuses, once it has answered everything, and one that lags', () => {
    observations.infrastructure('f', ONE);
    observations.standings(HERE, 'f', [at('p', { served: false, refused: REFUSED })]);
    expect(observed()).toMatchObject({ refused: REFUSED, unheard: true });
    observations.standings(HERE, 'f', [at('p', { refused: REFUSED })]);
    expect(observed()).toEqual({ ...ONE, refused: REFUSED, lagging: [] });
    observations.begin();
    observations.standings(HERE, 'f', [at('q', { served: false, lagging: true })]);
    expect(observed()).not.toHaveProperty('unheard');
  });

  test('goes on to tell what it knows of proxies that are with itself', () => {
    observations.infrastructure('f', ONE);
    observations.standings(HERE, 'f', [at('p')]);
    observations.begin();
    expect(observed()).toEqual({ ...ONE, refused: [], lagging: [] });
  });

  test('has not heard what was read in part, however long that takes', async () => {
    observations.infrastructure('f', { ...ONE, partial: true });
    observations.standings(HERE, 'f', [at('p')]);
    await clock.advance(HEARING_MS);
    expect(observed()).toMatchObject({ unheard: true });
    expect(observations.isComplete).toBe(false);
    observations.infrastructure('f', ONE);
    expect(observed()).toEqual({ ...ONE, refused: [], lagging: [] });
  });

  test('leaves no timer behind', () => {
    observations.infrastructure('f', ONE);
    observations.standings(HERE, 'f', [at('p')]);
    observations.standings(HERE, 'f', []);
    observations.standings(HERE, 'f', [at('q')]);
    observations.close();
    observations.standings(HERE, 'f', []);
    expect(clock.waits).toEqual([]);
  });
});

describe('a proxy whose stream ended', () => {
  beforeEach(() => {
    observations.begin();
    observations.infrastructure('f', ONE);
    observations.standings(HERE, 'f', [at('p')]);
  });

  test('runs what it ran, as long as it may be on its way back', async () => {
    observations.standings(HERE, 'f', []);
    await clock.advance(RETURN_MS - 1);
    expect(observed()).toEqual({ ...ONE, refused: [], lagging: [] });
    await clock.advance(1);
    expect(observed()).toMatchObject({ ready: 0, unconfirmed: 1 });
  });

  test('is gone when what ran it says so', () => {
    observations.standings(HERE, 'f', []);
    observations.infrastructure('f', { ...ONE, ready: 0 });
    expect(observed()).toMatchObject({ ready: 0 });
  });

  test('has not come to nothing when it came to another replica, which has to hear it within the same time', async () => {
    observations.standings('b', 'f', [fresh('p')]);
    observations.standings(HERE, 'f', []);
    expect(observed()).toEqual({ ...ONE, refused: [], lagging: [] });
    await clock.advance(RETURN_MS);
    expect(observed()).toMatchObject({ ready: 0, unconfirmed: 1 });
    observations.standings('b', 'f', [at('p')]);
    expect(observed()).toMatchObject({ ready: 1 });
    await clock.advance(RETURN_MS);
    expect(observed()).toMatchObject({ ready: 1 });
  });

  test('still refuses what it refused until it answers anew, and what it refuses then is told at once', () => {
    observations.standings(HERE, 'f', [at('p', { refused: REFUSED })]);
    observations.standings(HERE, 'f', []);
    expect(observed()).toMatchObject({ refused: REFUSED });
    observations.standings(HERE, 'f', [fresh('p')]);
    expect(observed()).toMatchObject({ refused: REFUSED });
    const other = [{ type: 'listener', name: 'l', message: 'still no' }];
    observations.standings(HERE, 'f', [at('p', { served: false, refused: other })]);
    expect(observed()).toMatchObject({ refused: other });
    observations.standings(HERE, 'f', [at('p')]);
    expect(observed()).toMatchObject({ refused: [] });
  });

  test('is not replaced by another one that has confirmed nothing yet', async () => {
    observations.standings(HERE, 'f', [fresh('q')]);
    expect(observed()).toEqual({ ...ONE, refused: [], lagging: [] });
    observations.standings(HERE, 'f', [at('q')]);
    await clock.advance(RETURN_MS);
    expect(observed()).toEqual({ ...ONE, refused: [], lagging: [] });
  });

  test('says nothing any more where others speak of every proxy that is up', () => {
    observations.standings(HERE, 'f', [at('p', { refused: REFUSED })]);
    observations.standings(HERE, 'f', [at('q')]);
    expect(observed()).toEqual({ ...ONE, refused: [], lagging: [] });
  });

  test('is forgotten with its replica, which is given up only after its proxies had their time', () => {
    observations.standings('b', 'f', [at('p')]);
    observations.standings(HERE, 'f', []);
    observations.forget('b');
    expect(observed()).toMatchObject({ ready: 0 });
    expect(clock.waits).toEqual([HEARING_MS]);
  });
});
