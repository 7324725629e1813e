import { AutoProxy } from './testing/auto-proxy.ts';
import { sample, set } from './testing/sample-resources.ts';
import { startTestServer } from './testing/test-server.ts';

const bytes = new Uint8Array(200_000);

test('a proxy that does not read costs nobody else anything, and gets the newest when it reads again', async () => {
  // The bound on unanswered responses must not be what stops the writing here.
  const test = await startTestServer({ limits: { maxInFlight: 1_000 } });
  try {
    test.cache.update('fleet', []);
    const [slow, quick] = [test.connect({ id: 'slow' }), test.connect({ id: 'quick' })];
    const reader = new AutoProxy(quick);
    for (const proxy of [slow, quick]) {
      proxy.ask('listener');
      for (const response of await proxy.take()) proxy.ack(response);
    }
    slow.pause();
    for (let index = 0; index < 100; index += 1) {
      test.cache.update('fleet', set(sample('listener', `l${index}`, { bytes, version: 'old' })));
      await reader.settle();
    }
    test.cache.update('fleet', set(...Array.from({ length: 100 }, (_, index) => sample('listener', `l${index}`, { version: 'new' }))));
    await reader.settle();
    expect(reader.holds.size).toBe(100);
    expect([...new Set(reader.holds.values())]).toEqual(['new']);
    slow.resume();
    const late = await slow.take();
    const first = late.flatMap(({ resources }) => Object.values(resources));
    expect(first.filter((version) => version === 'old').length).toBeLessThan(60);
    expect(first.filter((version) => version === 'new').length).toBeGreaterThan(40);
    expect(first).toHaveLength(100);
  } finally {
    await test.close();
  }
});

test('a proxy that answers nothing holds sixteen responses of each type at most', async () => {
  const test = await startTestServer();
  try {
    test.cache.update('fleet', []);
    const proxy = test.connect();
    proxy.ask('listener');
    proxy.ask('cluster');
    await proxy.take();
    const received = [];
    for (let index = 0; index < 40; index += 1) {
      test.cache.update('fleet', set(sample('listener', `l${index}`), sample('cluster', `c${index}`)));
      received.push(...(await proxy.take()));
    }
    // One of the sixteen is the empty answer to the first request.
    expect(received.filter(({ type }) => type === 'listener')).toHaveLength(15);
    expect(received.filter(({ type }) => type === 'cluster')).toHaveLength(15);
  } finally {
    await test.close();
  }
});
