import type { Transition } from './fleet-hub.ts';
import { AutoProxy } from './testing/auto-proxy.ts';
import { RouteOwner } from './testing/route-owner.ts';
import { sample, set, unset } from './testing/sample-resources.ts';
import { startTestServer, type TestServer } from './testing/test-server.ts';

let test: TestServer;
let owner: RouteOwner;
let transitions: Transition[];
beforeEach(async () => {
  transitions = [];
  test = await startTestServer({
    onQuarantine: (changes) => owner.onQuarantine(changes),
    onTransition: (transition) => transitions.push(transition),
  });
  owner = new RouteOwner(test.cache);
});
afterEach(() => test.close());

const refusals = () =>
  transitions.filter(({ state }) => state === 'refused').map(({ name, version, message }) => ({ name, version, message }));

describe('a refused response', () => {
  it('of several resources is sent again one by one, and the bad one alone is refused', async () => {
    test.cache.update('fleet', set(...['a', 'b', 'c'].map((name) => sample('cluster', name))));
    const proxy = new AutoProxy(test.connect(), (_type, name) => (name === 'b' ? 'bad cluster b' : undefined));
    proxy.client.ask('cluster');
    await proxy.settle();
    expect([...proxy.holds]).toEqual([
      ['cluster/a', '1'],
      ['cluster/c', '1'],
    ]);
    expect(refusals()).toEqual([{ name: 'b', version: '1', message: 'bad cluster b' }]);
    expect(test.server.fleetState('fleet').nodes[0]?.types.cluster).toEqual({
      subscribed: true,
      pending: [],
      removing: [],
      refused: [{ name: 'b', version: '1', message: 'bad cluster b' }],
    });
  });

  it('of one resource is not sent again, a newer version is, and the refused one is remembered beyond it', async () => {
    test.cache.update('fleet', set(sample('listener', 'l')));
    const proxy = new AutoProxy(test.connect(), (_type, _name, version) => (version === '2' ? 'bad' : undefined));
    proxy.client.ask('listener');
    await proxy.settle();
    for (const version of ['2', '3', '2']) {
      test.cache.update('fleet', set(sample('listener', 'l', { version })));
      await proxy.settle();
    }
    expect(proxy.version('listener', 'l')).toBe('3');
    expect(proxy.refused).toEqual(['listener/l@2']);
    expect(transitions.map(({ version, state }) => [version, state])).toEqual([
      ['1', 'synced'],
      ['2', 'refused'],
      ['3', 'synced'],
      ['2', 'refused'],
    ]);
  });

  it('leaves the version unknown: the old one is sent again when it comes back', async () => {
    test.cache.update('fleet', set(sample('listener', 'l')));
    const proxy = test.connect();
    proxy.ask('listener');
    proxy.ack(await proxy.one());
    test.cache.update('fleet', set(sample('listener', 'l', { version: '2' })));
    proxy.nack(await proxy.one(), 'bad');
    test.cache.update('fleet', set(sample('listener', 'l')));
    expect((await proxy.one()).resources).toEqual({ l: '1' });
  });

  it('a cluster that was refused and never taken is not removed', async () => {
    test.cache.update('fleet', set(sample('cluster', 'a'), sample('cluster', 'b')));
    const proxy = new AutoProxy(test.connect(), () => 'bad');
    proxy.client.ask('cluster');
    await proxy.settle();
    test.cache.update('fleet', unset('cluster', 'a', 'b'));
    test.clock.advance(120_000);
    expect(await proxy.client.take()).toEqual([]);
  });

  it('a cluster that was in a refused response is removed, though a newer version of it was refused alone', async () => {
    test.cache.update('fleet', set(sample('cluster', 'a'), sample('cluster', 'b')));
    const proxy = test.connect();
    proxy.ask('cluster');
    const both = await proxy.one();
    test.cache.update('fleet', set(sample('cluster', 'a', { version: '2' })));
    proxy.nack(both, 'b is bad; Envoy took a all the same');
    for (const alone of await proxy.take()) proxy.nack(alone, 'bad');
    await proxy.settle();
    test.cache.update('fleet', unset('cluster', 'a', 'b'));
    test.clock.advance(5_000);
    expect((await proxy.take()).map(({ removed }) => removed)).toEqual([['a']]);
  });

  it('a refused removal is tried alone and then let be', async () => {
    test.cache.update('fleet', set(sample('listener', 'a'), sample('listener', 'b')));
    const proxy = test.connect();
    proxy.ask('listener');
    proxy.ack(await proxy.one());
    test.cache.update('fleet', unset('listener', 'a', 'b'));
    proxy.nack(await proxy.one(), 'no');
    const [a, b] = await proxy.take();
    expect([a?.removed, b?.removed]).toEqual([['a'], ['b']]);
    if (a !== undefined) proxy.nack(a, 'not this one');
    if (b !== undefined) proxy.ack(b);
    expect(await proxy.take()).toEqual([]);
    expect(refusals()).toEqual([{ name: 'a', version: '', message: 'not this one' }]);
  });

  it('one proxy that refuses holds no other back', async () => {
    test.cache.update('fleet', set(sample('cluster', 'a')));
    const bad = new AutoProxy(test.connect({ id: 'bad' }), () => 'bad');
    const good = new AutoProxy(test.connect({ id: 'good' }));
    for (const { client } of [bad, good]) client.ask('cluster');
    await bad.settle();
    await good.settle();
    expect(good.version('cluster', 'a')).toBe('1');
  });
});
