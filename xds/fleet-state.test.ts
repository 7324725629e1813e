import type { Transition } from './fleet-hub.ts';
import { sample, set, unset } from './testing/sample-resources.ts';
import { startTestServer, type TestServer } from './testing/test-server.ts';

let test: TestServer;
let transitions: Transition[];
let moved: string[];
beforeEach(async () => {
  transitions = [];
  moved = [];
  test = await startTestServer({ onTransition: (transition) => transitions.push(transition), onFleetState: (fleet) => moved.push(fleet) });
});
afterEach(() => test.close());

const idle = { subscribed: false, pending: [], removing: [], refused: [] };

it('names the connected proxies, and what each has not taken', async () => {
  test.cache.update('fleet', set(sample('listener', 'a'), sample('listener', 'b')));
  const proxy = test.connect({ id: 'n1', version: [1, 39, 2] });
  expect(test.server.fleetState('fleet')).toEqual({ nodes: [] });
  proxy.ask('listener');
  const response = await proxy.one();
  const types = { secret: idle, cluster: idle, loadAssignment: idle, routeConfiguration: idle, extensionConfig: idle };
  const node = { node: 'n1', envoyVersion: '1.39.2' };
  expect(test.server.fleetState('fleet')).toEqual({
    nodes: [{ ...node, types: { ...types, listener: { ...idle, subscribed: true, pending: ['a', 'b'] } } }],
  });
  proxy.ack(response);
  await proxy.settle();
  expect(test.server.fleetState('fleet')).toEqual({ nodes: [{ ...node, types: { ...types, listener: { ...idle, subscribed: true } } }] });
});

it('names what waits to be removed', async () => {
  test.cache.update('fleet', set(sample('cluster', 'a')));
  const proxy = test.connect();
  proxy.ask('cluster');
  proxy.ack(await proxy.one());
  await proxy.settle();
  test.cache.update('fleet', unset('cluster', 'a'));
  expect(test.server.fleetState('fleet').nodes[0]?.types.cluster).toEqual({ ...idle, subscribed: true, removing: ['a'] });
});

it('forgets a proxy that went', async () => {
  test.cache.update('fleet', []);
  const proxy = test.connect();
  await proxy.settle();
  expect(test.server.fleetState('fleet').nodes).toHaveLength(1);
  const other = test.connect({ id: 'other' });
  proxy.close();
  while (test.server.fleetState('fleet').nodes.some(({ node }) => node === 'proxy-1')) await other.settle();
  expect(test.server.fleetState('fleet').nodes.map(({ node }) => node)).toEqual(['other']);
});

it('calls a proxy lagging that has not answered for ten seconds, once, and synced when it does', async () => {
  test.cache.update('fleet', set(sample('listener', 'a')));
  const proxy = test.connect();
  proxy.ask('listener');
  const response = await proxy.one();
  test.clock.advance(9_999);
  expect(transitions).toEqual([]);
  test.clock.advance(1);
  const transition = { fleet: 'fleet', node: 'proxy-1', envoyVersion: '1.40.0', type: 'listener', name: 'a', version: '1' };
  expect(transitions).toEqual([{ ...transition, state: 'lagging' }]);
  test.clock.advance(60_000);
  proxy.ack(response);
  await proxy.settle();
  expect(transitions).toEqual([
    { ...transition, state: 'lagging' },
    { ...transition, state: 'synced', answeredInMs: 70_000 },
  ]);
});

it('does not call it a lag that something refused or waiting to be removed stays as it is', async () => {
  test.cache.update('fleet', set(sample('cluster', 'a')));
  const proxy = test.connect();
  proxy.ask('cluster');
  proxy.ack(await proxy.one());
  test.cache.update('fleet', set(sample('cluster', 'b')));
  proxy.nack(await proxy.one(), 'bad');
  await proxy.settle();
  test.cache.update('fleet', unset('cluster', 'a'));
  test.clock.advance(120_000);
  await proxy.settle();
  expect(transitions.map(({ state, name }) => [state, name])).toEqual([
    ['synced', 'a'],
    ['refused', 'b'],
  ]);
});

it('says that a fleet moved once per turn, whatever moved in it', async () => {
  test.cache.update('fleet', []);
  const proxy = test.connect();
  proxy.ask('listener');
  for (const response of await proxy.take()) proxy.ack(response);
  await proxy.settle();
  moved.length = 0;
  for (let index = 0; index < 50; index += 1) test.cache.update('fleet', set(sample('listener', `l${index}`)));
  expect(moved).toEqual([]);
  await new Promise((resolve) => setImmediate(resolve));
  expect(moved).toEqual(['fleet']);
});

it('tells of a bug in an observer, ends that stream and goes on with the others', async () => {
  const errors: unknown[] = [];
  const faulty = await startTestServer({
    onTransition: ({ node }) => {
      if (node === 'unlucky') throw new Error('a bug');
    },
    onError: (error, node) => errors.push([error, node?.id]),
  });
  try {
    faulty.cache.update('fleet', set(sample('listener', 'a')));
    const [unlucky, lucky] = [faulty.connect({ id: 'unlucky' }), faulty.connect({ id: 'lucky' })];
    for (const proxy of [unlucky, lucky]) {
      proxy.ask('listener');
      proxy.ack(await proxy.one());
    }
    expect(await unlucky.ended()).toMatchObject({ code: 13 });
    expect(errors).toEqual([[new Error('a bug'), 'unlucky']]);
    faulty.cache.update('fleet', set(sample('listener', 'a', { version: '2' })));
    expect((await lucky.one()).resources).toEqual({ a: '2' });
  } finally {
    await faulty.close();
  }
});

it('says where nothing was published yet, to which nothing can be pending', async () => {
  const proxy = test.connect();
  proxy.ask('listener');
  await proxy.settle();
  expect(test.server.fleetState('fleet')).toMatchObject({
    nodes: [{ node: 'proxy-1', types: { listener: { pending: [] } } }],
    unpublished: true,
  });
  test.cache.update('fleet', set(sample('listener', 'a')));
  await proxy.one();
  expect(test.server.fleetState('fleet')).not.toHaveProperty('unpublished');
});
