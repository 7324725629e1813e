import { connectedProxy, namesOf, routesTo } from './testing/connected-proxy.ts';
import type { Received } from './testing/delta-client.ts';
import { edsCluster, route, routeConfiguration, sample, set } from './testing/sample-resources.ts';
import { startTestServer, type TestServer } from './testing/test-server.ts';

let test: TestServer;
beforeEach(async () => {
  test = await startTestServer();
});
afterEach(() => test.close());

describe('make before break', () => {
  it('first connect: a listener goes at once, it waits for its routes by itself', async () => {
    test.cache.update('fleet', set(sample('cluster', 'a'), sample('listener', 'l'), routesTo('a')));
    const proxy = test.connect();
    proxy.ask('cluster');
    proxy.ask('listener');
    expect(namesOf(await proxy.take())).toEqual([
      ['cluster', ['a'], []],
      ['listener', ['l'], []],
    ]);
  });

  it('a cluster waits for its load assignment, and nothing else waits for that cluster', async () => {
    test.cache.update('fleet', set(edsCluster('a'), sample('cluster', 'b')));
    const proxy = test.connect();
    proxy.ask('cluster');
    expect(namesOf(await proxy.take())).toEqual([['cluster', ['b'], []]]);
    test.cache.update('fleet', set(sample('loadAssignment', 'a')));
    expect(namesOf(await proxy.take())).toEqual([['cluster', ['a'], []]]);
  });

  it('a listener waits for its secrets', async () => {
    test.cache.update('fleet', set(sample('listener', 'l', { requires: [{ type: 'secret', name: 's' }] })));
    const proxy = test.connect();
    proxy.ask('listener');
    expect(namesOf(await proxy.take())).toEqual([['listener', [], []]]);
    test.cache.update('fleet', set(sample('secret', 's')));
    expect(namesOf(await proxy.take())).toEqual([['listener', ['l'], []]]);
  });

  it('routes wait for the clusters that they newly need', async () => {
    test.cache.update('fleet', set(sample('cluster', 'a'), sample('listener', 'l'), routesTo('a')));
    const proxy = await connectedProxy(test);
    test.cache.update('fleet', set(sample('cluster', 'b'), routesTo('a', 'b')));
    const cluster = await proxy.one();
    expect(Object.keys(cluster.resources)).toEqual(['b']);
    proxy.ack(cluster);
    expect(namesOf(await proxy.take())).toEqual([['routeConfiguration', ['r'], []]]);
  });

  it('routes go on that need no new cluster, while another cluster is not answered', async () => {
    test.cache.update('fleet', set(sample('cluster', 'a'), sample('listener', 'l'), routesTo('a')));
    const proxy = await connectedProxy(test);
    test.cache.update('fleet', set(sample('cluster', 'b')));
    expect(namesOf(await proxy.take())).toEqual([['cluster', ['b'], []]]);
    test.cache.update('fleet', set(routeConfiguration('r', [route('a', 'changed', 'a')])));
    expect(namesOf(await proxy.take())).toEqual([['routeConfiguration', ['r'], []]]);
  });

  it('routes wait five seconds for a cluster that is not answered, then they go', async () => {
    test.cache.update('fleet', set(sample('cluster', 'a'), sample('listener', 'l'), routesTo('a')));
    const proxy = await connectedProxy(test);
    test.cache.update('fleet', set(sample('cluster', 'b'), routesTo('a', 'b')));
    expect(namesOf(await proxy.take())).toEqual([['cluster', ['b'], []]]);
    test.clock.advance(4_999);
    expect(await proxy.take()).toEqual([]);
    test.clock.advance(1);
    expect(namesOf(await proxy.take())).toEqual([['routeConfiguration', ['r'], []]]);
  });

  it('the five seconds count from the cluster on, not from the last edit of the routes', async () => {
    test.cache.update('fleet', set(sample('cluster', 'a'), sample('listener', 'l'), routesTo('a')));
    const proxy = await connectedProxy(test);
    test.cache.update('fleet', set(sample('cluster', 'b'), routesTo('a', 'b')));
    test.clock.advance(4_000);
    test.cache.update('fleet', set(routesTo('b')));
    expect(namesOf(await proxy.take())).toEqual([['cluster', ['b'], []]]);
    test.clock.advance(1_000);
    const [{ resources } = { resources: {} }] = await proxy.take();
    expect(resources).toEqual({ r: 'b=b' });
  });

  it('the five seconds begin when the cluster is sent', async () => {
    test.cache.update('fleet', set(sample('cluster', 'a'), sample('listener', 'l'), routesTo('a')));
    const proxy = await connectedProxy(test);
    test.cache.update('fleet', set(edsCluster('b'), routesTo('a', 'b')));
    test.clock.advance(4_000);
    test.cache.update('fleet', set(sample('loadAssignment', 'b')));
    expect(namesOf(await proxy.take())).toEqual([
      ['cluster', ['b'], []],
      ['loadAssignment', ['b'], []],
    ]);
    test.clock.advance(4_999);
    expect(await proxy.take()).toEqual([]);
    test.clock.advance(1);
    expect(namesOf(await proxy.take())).toEqual([['routeConfiguration', ['r'], []]]);
  });

  it('a first request for routes that wait is not answered with nothing', async () => {
    test.cache.update('fleet', set(sample('cluster', 'a'), routesTo('a')));
    const proxy = test.connect();
    proxy.ask('cluster');
    const cluster = await proxy.one();
    proxy.ask('routeConfiguration', { subscribe: ['r'] });
    expect(await proxy.take()).toEqual([]);
    proxy.ack(cluster);
    expect(namesOf(await proxy.take())).toEqual([['routeConfiguration', ['r'], []]]);
  });

  it('a cluster that exists nowhere holds no route back', async () => {
    test.cache.update('fleet', set(sample('cluster', 'a'), sample('listener', 'l'), routesTo('a')));
    const proxy = await connectedProxy(test);
    test.cache.update('fleet', set(routesTo('a', 'nowhere')));
    expect(namesOf(await proxy.take())).toEqual([['routeConfiguration', ['r'], []]]);
  });

  it('a cluster that the proxy refuses holds no route back', async () => {
    test.cache.update('fleet', set(sample('cluster', 'a'), sample('listener', 'l'), routesTo('a')));
    const proxy = await connectedProxy(test);
    test.cache.update('fleet', set(sample('cluster', 'b'), routesTo('a', 'b')));
    proxy.nack(await proxy.one(), 'no such filter');
    expect(namesOf(await proxy.take())).toEqual([['routeConfiguration', ['r'], []]]);
  });

  it('the newest routes go when their clusters are there, not those that waited', async () => {
    test.cache.update('fleet', set(sample('cluster', 'a'), sample('listener', 'l'), routesTo('a')));
    const proxy = await connectedProxy(test);
    test.cache.update('fleet', set(sample('cluster', 'b'), routesTo('b')));
    test.cache.update('fleet', set(routesTo('a', 'b')));
    proxy.ack(await proxy.one());
    expect((await proxy.one()).resources).toEqual({ r: 'a=a,b=b' });
  });
});

describe('in flight', () => {
  it('up to 16 responses of a type are unanswered, the rest goes together when one is', async () => {
    test.cache.update('fleet', set(sample('listener', 'l0')));
    const proxy = test.connect();
    proxy.ask('listener');
    proxy.ack(await proxy.one());
    const sent: Received[] = [];
    for (let index = 1; index <= 20; index += 1) {
      test.cache.update('fleet', set(sample('listener', `l${index}`)));
      sent.push(...(await proxy.take()));
    }
    expect(sent).toHaveLength(16);
    const [first] = sent;
    if (first !== undefined) proxy.ack(first);
    expect(namesOf(await proxy.take())).toEqual([['listener', ['l17', 'l18', 'l19', 'l20'], []]]);
  });

  it('of one resource one version is unanswered, then the newest follows', async () => {
    test.cache.update('fleet', set(sample('listener', 'l', { version: '0' })));
    const proxy = test.connect();
    proxy.ask('listener');
    const first = await proxy.one();
    for (const version of ['1', '2', '3']) test.cache.update('fleet', set(sample('listener', 'l', { version })));
    expect(await proxy.take()).toEqual([]);
    proxy.ack(first);
    expect((await proxy.one()).resources).toEqual({ l: '3' });
  });

  it('a version that came back while another was on its way is sent again', async () => {
    test.cache.update('fleet', set(sample('listener', 'l', { version: '0' })));
    const proxy = test.connect();
    proxy.ask('listener');
    proxy.ack(await proxy.one());
    test.cache.update('fleet', set(sample('listener', 'l', { version: '1' })));
    const second = await proxy.one();
    test.cache.update('fleet', set(sample('listener', 'l', { version: '0' })));
    proxy.ack(second);
    expect((await proxy.one()).resources).toEqual({ l: '0' });
  });
});
