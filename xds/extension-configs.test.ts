import type { QuarantineChange } from './quarantine.ts';
import type { Fragment, Resource } from './resource.ts';
import { namesOf } from './testing/connected-proxy.ts';
import type { DeltaClient } from './testing/delta-client.ts';
import { route, sample, set, unset } from './testing/sample-resources.ts';
import { startTestServer, type TestServer } from './testing/test-server.ts';

let test: TestServer;
let quarantined: QuarantineChange[];
beforeEach(async () => {
  quarantined = [];
  test = await startTestServer({ onQuarantine: (changes) => quarantined.push(...changes) });
});
afterEach(() => test.close());

const filter = (leaf: Fragment, name = 'f'): Resource => sample('extensionConfig', name, { version: leaf.hash, fragments: [leaf] });
const listener = sample('listener', 'l', { requires: [{ type: 'extensionConfig', name: 'f' }] });

/** A proxy with a listener whose filter leads to cluster `a`; all of it is ACKed. */
async function proxyWithFilter(): Promise<DeltaClient> {
  test.cache.update('fleet', set(sample('cluster', 'a'), listener, filter(route('f', 'to-a', 'a'))));
  const proxy = test.connect();
  proxy.ask('cluster');
  proxy.ask('listener');
  proxy.ask('extensionConfig', { subscribe: ['f'] });
  // The filter waits for the ACK of its cluster.
  for (let taken = 0; taken < 3; ) {
    for (const response of await proxy.take()) {
      proxy.ack(response);
      taken += 1;
    }
  }
  return proxy;
}

it('a listener waits for its filters', async () => {
  test.cache.update('fleet', set(listener));
  const proxy = test.connect();
  proxy.ask('listener');
  expect(namesOf(await proxy.take())).toEqual([['listener', [], []]]);
  test.cache.update('fleet', set(filter(route('f', '1'))));
  expect(namesOf(await proxy.take())).toEqual([['listener', ['l'], []]]);
});

it('a filter waits for the clusters that it newly needs, and the listener does not move', async () => {
  const proxy = await proxyWithFilter();
  test.cache.update('fleet', set(sample('cluster', 'b'), filter(route('f', 'to-b', 'b'))));
  const cluster = await proxy.one();
  expect(Object.keys(cluster.resources)).toEqual(['b']);
  proxy.ack(cluster);
  expect(namesOf(await proxy.take())).toEqual([['extensionConfig', ['f'], []]]);
});

it('a cluster goes when the proxy has taken the filter without it, and a grace later', async () => {
  const proxy = await proxyWithFilter();
  test.cache.update('fleet', [...set(filter(route('f', 'to-none'))), ...unset('cluster', 'a')]);
  const change = await proxy.one();
  test.clock.advance(60_000);
  expect(await proxy.take()).toEqual([]);
  proxy.ack(change);
  expect(await proxy.take()).toEqual([]);
  test.clock.advance(60_000);
  expect(namesOf(await proxy.take())).toEqual([['cluster', [], ['a']]]);
});

it('a filter goes when the proxy has taken the listener without it', async () => {
  const proxy = await proxyWithFilter();
  test.cache.update('fleet', [...set(sample('listener', 'l', { version: 'without' })), ...unset('extensionConfig', 'f')]);
  const change = await proxy.one();
  expect(Object.keys(change.resources)).toEqual(['l']);
  test.clock.advance(60_000);
  expect(await proxy.take()).toEqual([]);
  proxy.ack(change);
  await proxy.take();
  test.clock.advance(60_000);
  expect(namesOf(await proxy.take())).toEqual([['extensionConfig', [], ['f']]]);
});

it('a filter that is refused is replaced', async () => {
  const proxy = await proxyWithFilter();
  test.cache.update('fleet', set(filter(route('f', 'bad', 'a'))));
  proxy.nack(await proxy.one(), 'no');
  await proxy.take();
  expect(quarantined).toEqual([expect.objectContaining({ hash: 'bad', message: 'no', quarantined: true })]);
});

it('a listener that names clusters itself waits for them', async () => {
  test.cache.update('fleet', set(sample('cluster', 'a')));
  const proxy = test.connect();
  proxy.ask('cluster');
  proxy.ask('listener');
  for (const response of await proxy.take()) proxy.ack(response);
  test.cache.update('fleet', set(sample('cluster', 'b'), sample('listener', 'u', { requires: [{ type: 'cluster', name: 'b' }] })));
  const cluster = await proxy.one();
  expect(Object.keys(cluster.resources)).toEqual(['b']);
  proxy.ack(cluster);
  expect(namesOf(await proxy.take())).toEqual([['listener', ['u'], []]]);
});
