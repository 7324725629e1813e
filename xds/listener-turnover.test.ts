import { connectedProxy, namesOf } from './testing/connected-proxy.ts';
import type { DeltaClient } from './testing/delta-client.ts';
import { sample, set, unset } from './testing/sample-resources.ts';
import { startTestServer, type TestServer } from './testing/test-server.ts';

let test: TestServer;
beforeEach(async () => {
  test = await startTestServer();
});
afterEach(() => test.close());

async function proxyWith(...names: string[]): Promise<DeltaClient> {
  test.cache.update('fleet', set(...names.map((name) => sample('listener', name))));
  return connectedProxy(test);
}

describe('listeners that come as others go, and may take over their addresses', () => {
  it('travel together', async () => {
    const proxy = await proxyWith('old');
    test.cache.update('fleet', [...set(sample('listener', 'new')), ...unset('listener', 'old')]);
    const both = await proxy.one();
    expect(namesOf([both])).toEqual([['listener', ['new'], ['old']]]);
    proxy.ack(both);
    expect(await proxy.take()).toEqual([]);
  });

  it('after a refusal go one by one, the removal first', async () => {
    const proxy = await proxyWith('old');
    test.cache.update('fleet', [...set(sample('listener', 'new')), ...unset('listener', 'old')]);
    proxy.nack(await proxy.one(), 'new is bad; old may be gone or not');
    const [removal, newcomer, ...others] = await proxy.take();
    if (removal === undefined || newcomer === undefined) throw new Error('two responses expected');
    expect(namesOf([removal, newcomer, ...others])).toEqual([
      ['listener', [], ['old']],
      ['listener', ['new'], []],
    ]);
    proxy.ack(removal);
    proxy.nack(newcomer, 'bad');
    expect(await proxy.take()).toEqual([]);
    expect(test.server.fleetState('fleet').nodes[0]?.types.listener).toEqual({
      subscribed: true,
      pending: [],
      removing: [],
      refused: [{ name: 'new', version: '1', message: 'bad' }],
    });
  });

  it('come after what has to go alone since an earlier newcomer was refused with it', async () => {
    await test.close();
    test = await startTestServer({ limits: { maxInFlight: 2 } });
    const proxy = await proxyWith('old', 'other');
    test.cache.update('fleet', [...set(sample('listener', 'new')), ...unset('listener', 'old')]);
    const refused = await proxy.one();
    test.cache.update('fleet', set(sample('listener', 'other', { version: '2' })));
    const other = await proxy.one();
    test.cache.update('fleet', [...set(sample('listener', 'newer')), ...unset('listener', 'new')]);
    proxy.nack(refused, 'bad');
    const first = await proxy.one();
    proxy.ack(other);
    const second = await proxy.one();
    proxy.ack(first);
    const third = await proxy.one();
    expect(namesOf([first, second, third])).toEqual([
      ['listener', [], ['new']],
      ['listener', [], ['old']],
      ['listener', ['newer'], []],
    ]);
  });

  it('come after what goes when they have to come alone', async () => {
    const proxy = await proxyWith('changed', 'old');
    test.cache.update('fleet', set(sample('listener', 'changed', { version: '2' })));
    proxy.nack(await proxy.one(), 'the address of old is taken');
    await proxy.settle();
    test.cache.update('fleet', [...set(sample('listener', 'changed', { version: '3' })), ...unset('listener', 'old')]);
    expect(namesOf(await proxy.take())).toEqual([
      ['listener', [], ['old']],
      ['listener', ['changed'], []],
    ]);
  });

  it('wait with what goes while too much is unanswered', async () => {
    await test.close();
    test = await startTestServer({ limits: { maxInFlight: 2 } });
    const proxy = await proxyWith('a', 'b', 'c');
    test.cache.update('fleet', [...set(sample('listener', 'new')), ...unset('listener', 'a', 'b', 'c')]);
    proxy.nack(await proxy.one(), 'bad');
    const [first, ...others] = await proxy.take();
    expect(namesOf(others)).toEqual([['listener', [], ['b']]]);
    if (first !== undefined) proxy.ack(first);
    for (const response of others) proxy.ack(response);
    expect(namesOf(await proxy.take())).toEqual([
      ['listener', [], ['c']],
      ['listener', ['new'], []],
    ]);
  });

  it('that are too large for one response: what goes travels with the first', async () => {
    await test.close();
    test = await startTestServer({ limits: { maxResponseBytes: 1 } });
    const proxy = await proxyWith('old');
    test.cache.update('fleet', [...set(sample('listener', 'b'), sample('listener', 'a')), ...unset('listener', 'old')]);
    expect(namesOf(await proxy.take())).toEqual([
      ['listener', ['a'], ['old']],
      ['listener', ['b'], []],
    ]);
  });
});
