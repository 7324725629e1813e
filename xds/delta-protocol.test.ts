import { routeConfiguration, sample, set, unset } from './testing/sample-resources.ts';
import { startTestServer, type TestServer } from './testing/test-server.ts';

let test: TestServer;
beforeEach(async () => {
  test = await startTestServer();
});
afterEach(() => test.close());

const assignment = (name: string, version = '1') => sample('loadAssignment', name, { version });

describe('the protocol', () => {
  it('sends nothing of a fleet that had no commit yet, and everything with the first', async () => {
    const proxy = test.connect();
    proxy.ask('cluster', { held: { old: '1' } });
    proxy.ask('listener');
    expect(await proxy.take()).toEqual([]);
    test.cache.update('fleet', set(sample('cluster', 'a')));
    expect((await proxy.take()).map(({ type, resources, removed }) => [type, resources, removed])).toEqual([
      ['cluster', { a: '1' }, []],
      ['listener', {}, []],
    ]);
  });

  it('answers an empty wildcard with an empty response', async () => {
    test.cache.update('fleet', []);
    const proxy = test.connect();
    proxy.ask('cluster');
    expect(await proxy.one()).toMatchObject({ type: 'cluster', resources: {}, removed: [] });
  });

  it('takes a first request without names of other types for what it says: nothing', async () => {
    test.cache.update('fleet', set(assignment('a')));
    const proxy = test.connect();
    proxy.ask('loadAssignment');
    expect(await proxy.one()).toMatchObject({ resources: {}, removed: [] });
  });

  it('ignores a stale nonce and still takes the subscription that comes with it', async () => {
    test.cache.update('fleet', set(assignment('a'), assignment('b')));
    const proxy = test.connect();
    proxy.ask('loadAssignment', { subscribe: ['a'] });
    const first = await proxy.one();
    proxy.ack({ ...first, nonce: 'of another stream' }, { subscribe: ['b'] });
    expect((await proxy.one()).resources).toEqual({ b: '1' });
    test.cache.update('fleet', set(assignment('a', '2')));
    expect(await proxy.take()).toEqual([]);
    proxy.ack(first);
    proxy.ack(first);
    expect((await proxy.one()).resources).toEqual({ a: '2' });
  });

  it('says nothing more of a name that was unsubscribed while it was unanswered', async () => {
    test.cache.update('fleet', set(assignment('a')));
    const proxy = test.connect();
    proxy.ask('loadAssignment', { subscribe: ['a'] });
    proxy.ack(await proxy.one(), { unsubscribe: ['a'] });
    test.cache.update('fleet', set(assignment('a', '2')));
    test.cache.update('fleet', unset('loadAssignment', 'a'));
    test.clock.advance(120_000);
    expect(await proxy.take()).toEqual([]);
  });

  it('sends what changed, to those who subscribe to it', async () => {
    test.cache.update('fleet', set(assignment('a'), assignment('b')));
    const [one, other] = [test.connect({ id: 'one' }), test.connect({ id: 'other' })];
    one.ask('loadAssignment', { subscribe: ['a', 'b'] });
    other.ask('loadAssignment', { subscribe: ['b'] });
    one.ack(await one.one());
    other.ack(await other.one());
    test.cache.update('fleet', set(assignment('a', '2'), assignment('b')));
    expect((await one.one()).resources).toEqual({ a: '2' });
    expect(await other.take()).toEqual([]);
  });

  it('keeps fleets apart', async () => {
    test.cache.update('fleet', set(sample('cluster', 'a')));
    test.cache.update('other', set(sample('cluster', 'b')));
    const proxy = test.connect({ cluster: 'other' });
    proxy.ask('cluster');
    expect((await proxy.one()).resources).toEqual({ b: '1' });
  });

  it('ends the streams of a fleet that is removed, and sends the next ones nothing', async () => {
    test.cache.update('fleet', set(sample('cluster', 'a')));
    const proxy = test.connect();
    proxy.ask('cluster');
    await proxy.one();
    test.cache.removeFleet('fleet');
    expect(await proxy.ended()).toMatchObject({ code: 0 });
    const again = test.connect();
    again.ask('cluster', { held: { a: '1' } });
    expect(await again.take()).toEqual([]);
  });

  it('answers a type that it has nothing of at once', async () => {
    const proxy = test.connect();
    // `settle` asks for a type that is no type, and waits for the word that its name does not exist.
    await proxy.settle();
    expect(proxy.status).toBeUndefined();
  });

  it('splits what is too large for one response', async () => {
    const bytes = new Uint8Array(1_500_000);
    test.cache.update('fleet', set(...['a', 'b', 'c', 'd', 'e'].map((name) => sample('listener', name, { bytes }))));
    const proxy = test.connect();
    proxy.ask('listener');
    expect((await proxy.take()).map(({ resources }) => Object.keys(resources))).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
  });

  it('refuses a stream that does not say which fleet it is of', async () => {
    const proxy = test.connect({ cluster: '' });
    proxy.ask('cluster');
    expect(await proxy.ended()).toMatchObject({ code: 3, details: expect.stringContaining('--service-cluster') });
  });

  it('refuses state of the world in words', async () => {
    const proxy = test.connect({}, '/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources');
    proxy.ask('cluster');
    expect(await proxy.ended()).toMatchObject({ code: 12, details: expect.stringContaining('DELTA_GRPC') });
  });

  it('sends a route configuration by name', async () => {
    test.cache.update('fleet', set(routeConfiguration('r', [])));
    const proxy = test.connect();
    proxy.ask('routeConfiguration', { subscribe: ['r'] });
    expect(Object.keys((await proxy.one()).resources)).toEqual(['r']);
  });
});

describe('authorize', () => {
  it('ends the stream of a node that is not who it says', async () => {
    const strict = await startTestServer({
      authorize: ({ id }) => (id === 'good' ? { ok: true } : { ok: false, message: `${id} is not good` }),
    });
    try {
      strict.cache.update('fleet', []);
      const bad = strict.connect({ id: 'bad' });
      bad.ask('cluster');
      expect(await bad.ended()).toMatchObject({ code: 7, details: 'bad is not good' });
      const good = strict.connect({ id: 'good' });
      good.ask('cluster');
      expect(await good.take()).toHaveLength(1);
    } finally {
      await strict.close();
    }
  });
});
