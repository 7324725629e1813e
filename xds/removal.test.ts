import { connectedProxy, namesOf, routesTo } from './testing/connected-proxy.ts';
import { edsCluster, route, routeConfiguration, sample, set, unset } from './testing/sample-resources.ts';
import { startTestServer, type TestServer } from './testing/test-server.ts';

let test: TestServer;
beforeEach(async () => {
  test = await startTestServer();
});
afterEach(() => test.close());

describe('removals', () => {
  const start = () => set(sample('cluster', 'a'), sample('cluster', 'b'), sample('listener', 'l'), routesTo('a', 'b'));

  it('a cluster goes alone, after the routes without it were taken and a grace has passed', async () => {
    test.cache.update('fleet', start());
    const proxy = await connectedProxy(test);
    test.cache.update('fleet', [...set(routesTo('a')), ...unset('cluster', 'b')]);
    const routes = await proxy.one();
    expect(routes.type).toBe('routeConfiguration');
    test.clock.advance(60_000);
    expect(await proxy.take()).toEqual([]);
    proxy.ack(routes);
    await proxy.settle();
    test.clock.advance(4_999);
    expect(await proxy.take()).toEqual([]);
    test.clock.advance(1);
    expect(namesOf(await proxy.take())).toEqual([['cluster', [], ['b']]]);
  });

  it.each([
    [30_000, 30_000],
    [0, 5_000],
    [3_600_000, 60_000],
  ])('a grace of %i ms counts as %i', async (graceMs, expected) => {
    test.cache.update('fleet', [...start(), ...set(sample('cluster', 'b', { version: 'g', graceMs }))]);
    const proxy = await connectedProxy(test);
    test.cache.update('fleet', unset('cluster', 'b'));
    test.clock.advance(expected - 1);
    expect(await proxy.take()).toEqual([]);
    test.clock.advance(1);
    expect(namesOf(await proxy.take())).toEqual([['cluster', [], ['b']]]);
  });

  it('the grace is the one that the cache had last, whatever it was when the proxy took the cluster', async () => {
    test.cache.update('fleet', start());
    const proxy = await connectedProxy(test);
    test.cache.update('fleet', set(sample('cluster', 'b', { graceMs: 30_000 })));
    test.cache.update('fleet', unset('cluster', 'b'));
    test.clock.advance(29_999);
    expect(await proxy.take()).toEqual([]);
    test.clock.advance(1);
    expect(namesOf(await proxy.take())).toEqual([['cluster', [], ['b']]]);
  });

  it('refused routes keep their old clusters', async () => {
    test.cache.update('fleet', start());
    const proxy = await connectedProxy(test);
    test.cache.update('fleet', [...set(routesTo('a')), ...unset('cluster', 'b')]);
    proxy.nack(await proxy.one(), 'bad route');
    await proxy.settle();
    test.clock.advance(120_000);
    expect(await proxy.take()).toEqual([]);
  });

  it('routes that are on their way keep their clusters, though the cache is back at what the proxy took before them', async () => {
    test.cache.update('fleet', set(sample('cluster', 'a'), sample('listener', 'l'), routesTo('a')));
    const proxy = await connectedProxy(test);
    test.cache.update('fleet', set(sample('cluster', 'b'), routesTo('a', 'b')));
    proxy.ack(await proxy.one());
    const onTheirWay = await proxy.one();
    test.cache.update('fleet', [...set(routesTo('a')), ...unset('cluster', 'b')]);
    test.clock.advance(60_000);
    expect(await proxy.take()).toEqual([]);
    proxy.ack(onTheirWay);
    const back = await proxy.one();
    expect(back.resources).toEqual({ r: 'a=a' });
    test.clock.advance(60_000);
    expect(await proxy.take()).toEqual([]);
    proxy.ack(back);
    await proxy.settle();
    test.clock.advance(5_000);
    expect(namesOf(await proxy.take())).toEqual([['cluster', [], ['b']]]);
  });

  it('routes that were in a refused response keep their clusters, though a newer version of them was refused alone', async () => {
    test.cache.update('fleet', set(sample('cluster', 'a'), sample('cluster', 'b'), sample('listener', 'l')));
    const proxy = await connectedProxy(test);
    test.cache.update('fleet', set(routesTo('b'), routeConfiguration('q', [route('a', 'bad', 'a')])));
    const both = await proxy.one();
    test.cache.update('fleet', [...set(routeConfiguration('r', [route('a', 'bad', 'a')])), ...unset('cluster', 'b')]);
    proxy.nack(both, 'q is bad; Envoy took r all the same');
    for (const alone of await proxy.take()) proxy.nack(alone, 'bad');
    await proxy.settle();
    test.clock.advance(120_000);
    expect(await proxy.take()).toEqual([]);
    test.cache.update('fleet', set(routesTo('a')));
    proxy.ack(await proxy.one());
    await proxy.settle();
    test.clock.advance(5_000);
    expect(namesOf(await proxy.take())).toEqual([['cluster', [], ['b']]]);
  });

  it('later changes of the routes do not hold the removal back for ever', async () => {
    test.cache.update('fleet', start());
    const proxy = await connectedProxy(test);
    test.cache.update('fleet', [...set(routesTo('a')), ...unset('cluster', 'b')]);
    let routes = await proxy.one();
    for (let edit = 0; edit < 3; edit += 1) {
      test.cache.update('fleet', set(routeConfiguration('r', [route('a', `edit ${edit}`, 'a')])));
      proxy.ack(routes);
      routes = await proxy.one();
    }
    test.clock.advance(5_000);
    expect(namesOf(await proxy.take())).toEqual([['cluster', [], ['b']]]);
  });

  it('a cluster that comes back during its grace stays, without a word', async () => {
    test.cache.update('fleet', start());
    const proxy = await connectedProxy(test);
    test.cache.update('fleet', unset('cluster', 'b'));
    test.clock.advance(4_000);
    test.cache.update('fleet', set(sample('cluster', 'b')));
    test.clock.advance(120_000);
    expect(await proxy.take()).toEqual([]);
  });

  it('a cluster that comes back after its removal was sent comes again, and its routes wait for it', async () => {
    test.cache.update('fleet', start());
    const proxy = await connectedProxy(test);
    test.cache.update('fleet', [...set(routesTo('a')), ...unset('cluster', 'b')]);
    proxy.ack(await proxy.one());
    await proxy.settle();
    test.clock.advance(5_000);
    const removal = await proxy.one();
    test.cache.update('fleet', set(sample('cluster', 'b'), routesTo('a', 'b')));
    expect(await proxy.take()).toEqual([]);
    proxy.ack(removal);
    const cluster = await proxy.one();
    expect(cluster.resources).toEqual({ b: '1' });
    proxy.ack(cluster);
    expect((await proxy.one()).type).toBe('routeConfiguration');
  });

  it('a listener goes at once', async () => {
    test.cache.update('fleet', start());
    const proxy = await connectedProxy(test);
    test.cache.update('fleet', unset('listener', 'l'));
    expect(namesOf(await proxy.take())).toEqual([['listener', [], ['l']]]);
  });

  it('removed routes are said to be gone after their listener went and a grace', async () => {
    test.cache.update('fleet', start());
    const proxy = await connectedProxy(test);
    test.cache.update('fleet', [...unset('listener', 'l'), ...unset('routeConfiguration', 'r')]);
    const listener = await proxy.one();
    test.clock.advance(60_000);
    expect(await proxy.take()).toEqual([]);
    proxy.ack(listener);
    await proxy.settle();
    test.clock.advance(5_000);
    expect(namesOf(await proxy.take())).toEqual([['routeConfiguration', [], ['r']]]);
  });

  it('a removed load assignment is not mentioned when Envoy unsubscribes with its cluster', async () => {
    test.cache.update('fleet', set(edsCluster('a'), sample('loadAssignment', 'a')));
    const proxy = await connectedProxy(test);
    test.cache.update('fleet', [...unset('cluster', 'a'), ...unset('loadAssignment', 'a')]);
    test.clock.advance(5_000);
    const removal = await proxy.one();
    expect(removal).toMatchObject({ type: 'cluster', removed: ['a'] });
    proxy.ack(removal);
    proxy.ask('loadAssignment', { unsubscribe: ['a'] });
    await proxy.settle();
    test.clock.advance(120_000);
    expect(await proxy.take()).toEqual([]);
  });

  it('holds across a reconnect: routes first, then the grace, then the cluster', async () => {
    test.cache.update('fleet', set(sample('cluster', 'a'), sample('listener', 'l'), routesTo('a')));
    const proxy = test.connect();
    proxy.ask('cluster', { held: { a: '1', b: '1' } });
    proxy.ack(await proxy.one());
    await proxy.settle();
    // The routes are late: the grace that began without them must begin anew.
    test.clock.advance(59_000);
    proxy.ask('listener', { held: { l: '1' } });
    proxy.ack(await proxy.one());
    proxy.ask('routeConfiguration', { subscribe: ['r'], held: { r: 'a=a,b=b' } });
    const routes = await proxy.one();
    test.clock.advance(120_000);
    expect(await proxy.take()).toEqual([]);
    proxy.ack(routes);
    await proxy.settle();
    test.clock.advance(59_999);
    expect(await proxy.take()).toEqual([]);
    test.clock.advance(1);
    expect(namesOf(await proxy.take())).toEqual([['cluster', [], ['b']]]);
  });

  it('one slow proxy delays its own removals only', async () => {
    test.cache.update('fleet', start());
    const [quick, slow] = [await connectedProxy(test, 'quick'), await connectedProxy(test, 'slow')];
    test.cache.update('fleet', [...set(routesTo('a')), ...unset('cluster', 'b')]);
    quick.ack(await quick.one());
    await quick.settle();
    test.clock.advance(5_000);
    expect(namesOf(await quick.take())).toEqual([['cluster', [], ['b']]]);
    expect(namesOf(await slow.take())).toEqual([['routeConfiguration', ['r'], []]]);
  });
});

it('leaves no timer behind when it is closed', async () => {
  test.cache.update('fleet', set(sample('cluster', 'a')));
  const proxy = await connectedProxy(test);
  test.cache.update('fleet', unset('cluster', 'a'));
  await proxy.settle();
  expect(test.clock.waiting).toBeGreaterThan(0);
  await test.close();
  expect(test.clock.waiting).toBe(0);
  test = await startTestServer();
});
