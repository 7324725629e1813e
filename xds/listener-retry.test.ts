import type { Transition } from './fleet-hub.ts';
import { connectedProxy, namesOf } from './testing/connected-proxy.ts';
import type { DeltaClient } from './testing/delta-client.ts';
import { sample, set, unset } from './testing/sample-resources.ts';
import { startTestServer, type TestServer } from './testing/test-server.ts';

const WHY = 'cannot listen() errno=98';
const TAKEN = "cannot bind '0.0.0.0:80': Address already in use";

let test: TestServer;
let transitions: Transition[];
let proxy: DeltaClient;
beforeEach(async () => {
  transitions = [];
  test = await startTestServer({ onTransition: (transition) => transitions.push(transition) });
  test.cache.update('fleet', set(sample('listener', 'l'), sample('listener', 'other')));
  proxy = await connectedProxy(test);
  transitions.length = 0;
});
afterEach(() => test.close());

const lose = (message = WHY): void => test.server.lostListener({ fleet: 'fleet', node: 'proxy-1', listener: 'l', message });
const refused = () => test.server.fleetState('fleet').nodes[0]?.types.listener.refused;
const states = () => transitions.map(({ name, state, message }) => [name, state, message]);

describe('a listener that a proxy took and dropped again', () => {
  it('counts as refused, is sent again alone, and counts as refused until the proxy has taken it', async () => {
    lose();
    expect(await proxy.take()).toEqual([]);
    expect(refused()).toEqual([{ name: 'l', version: '1', message: WHY }]);
    test.clock.advance(1000);
    const again = await proxy.one();
    expect(namesOf([again])).toEqual([['listener', ['l'], []]]);
    expect(refused()).toEqual([{ name: 'l', version: '1', message: WHY }]);
    proxy.ack(again);
    expect(await proxy.take()).toEqual([]);
    expect(refused()).toEqual([]);
    expect(states()).toEqual([
      ['l', 'refused', WHY],
      ['l', 'synced', undefined],
    ]);
  });

  it('and drops each time is sent again ever less often', async () => {
    const waits: number[] = [];
    for (let waited = 0; waits.length < 7; ) {
      if (waited === 0) lose();
      test.clock.advance(1000);
      waited += 1;
      const [again] = await proxy.take();
      if (again === undefined) continue;
      waits.push(waited);
      waited = 0;
      proxy.ack(again);
      await proxy.settle();
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 30, 30]);
  });

  it('is sent in its newest version at once', async () => {
    lose();
    test.cache.update('fleet', set(sample('listener', 'l', { version: '2' })));
    const newer = await proxy.one();
    expect(newer.resources).toEqual({ l: '2' });
    proxy.ack(newer);
    await proxy.settle();
    expect(refused()).toEqual([]);
  });

  it('while a newer version was under way may have lost that one: the ACK of it is not believed', async () => {
    test.cache.update('fleet', set(sample('listener', 'l', { version: '2' })));
    const newer = await proxy.one();
    lose();
    proxy.ack(newer);
    await proxy.settle();
    expect(states()).toEqual([['l', 'refused', WHY]]);
    test.clock.advance(1000);
    expect((await proxy.one()).resources).toEqual({ l: '2' });
  });

  it('is not believed to be there when the proxy connects anew and says that it has it', async () => {
    lose();
    proxy.close();
    proxy = test.connect();
    proxy.ask('listener', { held: { l: '1', other: '1' } });
    const again = await proxy.one();
    expect(again.resources).toEqual({ l: '1' });
    proxy.ack(again);
    await proxy.settle();
    proxy.close();
    proxy = test.connect();
    proxy.ask('listener', { held: { l: '1', other: '1' } });
    expect((await proxy.one()).resources).toEqual({});
  });

  it('and that nobody wants any more is gone', async () => {
    lose();
    test.cache.update('fleet', unset('listener', 'l'));
    test.clock.advance(60_000);
    expect(await proxy.take()).toEqual([]);
    expect(refused()).toEqual([]);
  });

  it('that the proxy never had says nothing', async () => {
    test.server.lostListener({ fleet: 'fleet', node: 'proxy-1', listener: 'unknown', message: WHY });
    test.server.lostListener({ fleet: 'fleet', node: 'proxy-2', listener: 'l', message: WHY });
    test.clock.advance(60_000);
    expect(await proxy.take()).toEqual([]);
    expect(states()).toEqual([]);
  });
});

describe('a listener that is refused', () => {
  const isRefused = async (): Promise<void> => {
    test.cache.update('fleet', set(sample('listener', 'l', { version: '2' })));
    proxy.nack(await proxy.one(), TAKEN);
    await proxy.settle();
  };

  it('is sent again, since its port may have become free; the same refusal is told once', async () => {
    await isRefused();
    test.clock.advance(1000);
    proxy.nack(await proxy.one(), TAKEN);
    await proxy.settle();
    test.clock.advance(1999);
    expect(await proxy.take()).toEqual([]);
    test.clock.advance(1);
    proxy.ack(await proxy.one());
    await proxy.settle();
    expect(states()).toEqual([
      ['l', 'refused', TAKEN],
      ['l', 'synced', undefined],
    ]);
    expect(refused()).toEqual([]);
  });

  it('and changes begins to be tried anew', async () => {
    await isRefused();
    test.clock.advance(1000);
    proxy.nack(await proxy.one(), TAKEN);
    test.cache.update('fleet', set(sample('listener', 'l', { version: '3' })));
    proxy.nack(await proxy.one(), TAKEN);
    await proxy.settle();
    test.clock.advance(1000);
    expect((await proxy.one()).resources).toEqual({ l: '3' });
  });
});

it('nothing else that is refused is sent again: what is wrong with it is its content', async () => {
  test.cache.update('fleet', set(sample('cluster', 'c')));
  proxy.nack(await proxy.one(), 'bad');
  await proxy.settle();
  test.clock.advance(60_000);
  expect(await proxy.take()).toEqual([]);
});
