import { edsCluster, sample, set, unset } from './testing/sample-resources.ts';
import { startTestServer, type TestServer } from './testing/test-server.ts';

let test: TestServer;
beforeEach(async () => {
  test = await startTestServer();
});
afterEach(() => test.close());

const assignment = (name: string, version = '1') => sample('loadAssignment', name, { version });

describe('what others fell into', () => {
  it('go-control-plane 526, 583, 981: a changed cluster is followed by its load assignment, unasked and unchanged', async () => {
    test.cache.update('fleet', set(edsCluster('a'), assignment('a'), edsCluster('b'), assignment('b')));
    const proxy = test.connect();
    proxy.ask('cluster');
    proxy.ack(await proxy.one());
    proxy.ask('loadAssignment', { subscribe: ['a', 'b'] });
    proxy.ack(await proxy.one());
    test.cache.update('fleet', set(edsCluster('a', { version: '2' })));
    const responses = await proxy.take();
    expect(responses.map(({ type, resources }) => [type, resources])).toEqual([
      ['cluster', { a: '2' }],
      ['loadAssignment', { a: '1' }],
    ]);
  });

  it('go-control-plane 526: the load assignment comes also when a new cluster shares one that the proxy subscribes to already', async () => {
    const variant = (name: string) => sample('cluster', name, { requires: [{ type: 'loadAssignment', name: 'shared' }] });
    test.cache.update('fleet', set(variant('a'), assignment('shared')));
    const proxy = test.connect();
    proxy.ask('cluster');
    proxy.ack(await proxy.one());
    proxy.ask('loadAssignment', { subscribe: ['shared'] });
    proxy.ack(await proxy.one());
    test.cache.update('fleet', set(variant('b')));
    expect((await proxy.take()).map(({ type, resources }) => [type, resources])).toEqual([
      ['cluster', { b: '1' }],
      ['loadAssignment', { shared: '1' }],
    ]);
  });

  it('go-control-plane 981: the load assignment that is still unanswered when its cluster changes is sent again afterwards', async () => {
    test.cache.update('fleet', set(edsCluster('a'), assignment('a')));
    const proxy = test.connect();
    proxy.ask('cluster');
    proxy.ack(await proxy.one());
    proxy.ask('loadAssignment', { subscribe: ['a'] });
    const unanswered = await proxy.one();
    test.cache.update('fleet', set(edsCluster('a', { version: '2' })));
    expect((await proxy.one()).type).toBe('cluster');
    proxy.ack(unanswered);
    expect(await proxy.one()).toMatchObject({ type: 'loadAssignment', resources: { a: '1' } });
  });

  it('go-control-plane 431: a name that is unsubscribed and subscribed again is sent again', async () => {
    test.cache.update('fleet', set(assignment('a')));
    const proxy = test.connect();
    proxy.ask('loadAssignment', { subscribe: ['a'] });
    proxy.ack(await proxy.one());
    proxy.ask('loadAssignment', { unsubscribe: ['a'] });
    expect(await proxy.take()).toEqual([]);
    proxy.ask('loadAssignment', { subscribe: ['a'] });
    expect((await proxy.one()).resources).toEqual({ a: '1' });
  });

  it('go-control-plane 431: a name that is subscribed twice is sent twice', async () => {
    test.cache.update('fleet', set(assignment('a')));
    const proxy = test.connect();
    proxy.ask('loadAssignment', { subscribe: ['a'] });
    proxy.ack(await proxy.one());
    proxy.ask('loadAssignment', { subscribe: ['a'] });
    expect((await proxy.one()).resources).toEqual({ a: '1' });
  });

  it('go-control-plane 488: under a wildcard only what the proxy has is removed', async () => {
    test.cache.update('fleet', set(sample('listener', 'a')));
    const proxy = test.connect();
    proxy.ask('listener');
    proxy.ack(await proxy.one());
    const [unseen] = set(sample('listener', 'b', { requires: [{ type: 'secret', name: 'missing' }] }));
    if (unseen !== undefined) test.cache.update('fleet', [unseen]);
    test.cache.update('fleet', unset('listener', 'a', 'b', 'c'));
    expect(await proxy.one()).toMatchObject({ resources: {}, removed: ['a'] });
  });

  it('go-control-plane 488: a name that does not exist is answered at once, and sent when it comes', async () => {
    test.cache.update('fleet', []);
    const proxy = test.connect();
    proxy.ask('loadAssignment', { subscribe: ['a'] });
    const missing = await proxy.one();
    expect(missing).toMatchObject({ resources: {}, removed: ['a'] });
    proxy.ack(missing);
    expect(await proxy.take()).toEqual([]);
    test.cache.update('fleet', set(assignment('a')));
    expect((await proxy.one()).resources).toEqual({ a: '1' });
  });

  it('go-control-plane 558, 559: an explicit "*" is a wildcard, beside names, until it is unsubscribed', async () => {
    test.cache.update('fleet', set(sample('cluster', 'a'), sample('cluster', 'b')));
    const proxy = test.connect();
    proxy.ask('cluster', { subscribe: ['*', 'a'] });
    proxy.ack(await proxy.one());
    proxy.ask('cluster', { unsubscribe: ['*'] });
    expect(await proxy.take()).toEqual([]);
    test.cache.update('fleet', set(sample('cluster', 'a', { version: '2' }), sample('cluster', 'b', { version: '2' })));
    expect((await proxy.one()).resources).toEqual({ a: '2' });
  });

  it('go-control-plane 558: naming something does not end the wildcard of a first request without names', async () => {
    test.cache.update('fleet', set(sample('cluster', 'a'), sample('cluster', 'b')));
    const proxy = test.connect();
    proxy.ask('cluster');
    proxy.ack(await proxy.one());
    proxy.ask('cluster', { subscribe: ['a'] });
    proxy.ack(await proxy.one());
    test.cache.update('fleet', set(sample('cluster', 'b', { version: '2' })));
    expect((await proxy.one()).resources).toEqual({ b: '2' });
  });

  it('go-control-plane 559: a first request with names is no wildcard', async () => {
    test.cache.update('fleet', set(sample('cluster', 'a'), sample('cluster', 'b')));
    const proxy = test.connect();
    proxy.ask('cluster', { subscribe: ['a'] });
    expect((await proxy.one()).resources).toEqual({ a: '1' });
  });

  it('a name that is unsubscribed under a wildcard is answered: it is still there, or gone', async () => {
    test.cache.update('fleet', set(sample('cluster', 'a')));
    const proxy = test.connect();
    proxy.ask('cluster', { subscribe: ['*', 'a', 'b'] });
    for (const response of await proxy.take()) proxy.ack(response);
    proxy.ask('cluster', { unsubscribe: ['a', 'b'] });
    expect((await proxy.take()).map(({ resources, removed }) => [resources, removed])).toEqual([
      [{ a: '1' }, []],
      [{}, ['b']],
    ]);
  });

  it('go-control-plane 503: commits and requests that cross lock nothing', async () => {
    test.cache.update('fleet', set(assignment('a', '0')));
    const proxy = test.connect();
    proxy.ask('loadAssignment', { subscribe: ['a'] });
    for (let version = 1; version <= 200; version += 1) {
      test.cache.update('fleet', set(assignment('a', `${version}`)));
      proxy.ask('loadAssignment', { subscribe: [`n${version}`] });
    }
    let last: string | undefined;
    for (let turn = 0; turn < 50 && last !== '200'; turn += 1) {
      for (const response of await proxy.take()) {
        last = response.resources['a'] ?? last;
        proxy.ack(response);
      }
    }
    expect(last).toBe('200');
  });

  it('go-control-plane 566, 91: a stream that answered nothing for a while gets the newest, not what piled up', async () => {
    test.cache.update('fleet', set(assignment('a', '0')));
    const proxy = test.connect();
    proxy.ask('loadAssignment', { subscribe: ['a'] });
    const first = await proxy.one();
    for (let version = 1; version <= 50; version += 1) test.cache.update('fleet', set(assignment('a', `${version}`)));
    expect(await proxy.take()).toEqual([]);
    proxy.ack(first);
    expect((await proxy.one()).resources).toEqual({ a: '50' });
  });

  it('envoy 16063: a reconnect that lists its names and versions gets what differs', async () => {
    test.cache.update('fleet', set(assignment('a'), assignment('b', '2'), assignment('c')));
    const proxy = test.connect();
    proxy.ask('cluster');
    await proxy.take();
    proxy.ask('loadAssignment', { subscribe: ['a', 'b', 'c'], held: { a: '1', b: '1' } });
    expect((await proxy.one()).resources).toEqual({ b: '2', c: '1' });
  });

  it('envoy 22418: a reconnect that asks for load assignments before clusters is warming and gets them all', async () => {
    test.cache.update('fleet', set(assignment('a'), assignment('b')));
    const proxy = test.connect();
    proxy.ask('loadAssignment', { subscribe: ['a', 'b'], held: { a: '1', b: '1' } });
    expect((await proxy.one()).resources).toEqual({ a: '1', b: '1' });
  });

  it('envoy 16063: a reconnect with versions and no names is a wildcard as before', async () => {
    test.cache.update('fleet', set(sample('cluster', 'a'), sample('cluster', 'b')));
    const proxy = test.connect();
    proxy.ask('cluster', { held: { a: '1' } });
    expect((await proxy.one()).resources).toEqual({ b: '1' });
  });

  it('envoy 22418: on a reconnect, the load assignment of a cluster that was just sent comes although its version matches', async () => {
    test.cache.update('fleet', set(edsCluster('a', { version: '2' }), assignment('a'), edsCluster('b'), assignment('b')));
    const proxy = test.connect();
    proxy.ask('cluster', { held: { a: '1', b: '1' } });
    proxy.ack(await proxy.one());
    proxy.ask('loadAssignment', { subscribe: ['a', 'b'], held: { a: '1', b: '1' } });
    expect((await proxy.one()).resources).toEqual({ a: '1' });
  });

  it('consul 10987: the map of versions is no subscription', async () => {
    test.cache.update('fleet', set(assignment('a', '2'), assignment('b', '2')));
    const proxy = test.connect();
    proxy.ask('cluster');
    await proxy.take();
    proxy.ask('loadAssignment', { subscribe: ['a'], held: { a: '1', b: '1', c: '1' } });
    expect(await proxy.take()).toMatchObject([{ resources: { a: '2' }, removed: [] }]);
    test.clock.advance(120_000);
    expect(await proxy.take()).toEqual([]);
  });

  it('istio 39960: a reconnect is answered also when all versions match', async () => {
    test.cache.update('fleet', set(sample('cluster', 'a'), assignment('a')));
    const proxy = test.connect();
    proxy.ask('cluster', { held: { a: '1' } });
    expect(await proxy.one()).toMatchObject({ type: 'cluster', resources: {}, removed: [] });
    proxy.ask('loadAssignment', { subscribe: ['a'], held: { a: '1' } });
    expect(await proxy.one()).toMatchObject({ type: 'loadAssignment', resources: {}, removed: [] });
  });

  it('istio 41494: what was deleted while the proxy was away is removed', async () => {
    test.cache.update('fleet', set(sample('listener', 'a')));
    const proxy = test.connect();
    proxy.ask('listener', { held: { a: '1', gone: '1' } });
    expect(await proxy.one()).toMatchObject({ resources: {}, removed: ['gone'] });
  });
});
