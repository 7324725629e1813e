import type { Transition } from './fleet-hub.ts';
import { AutoProxy } from './testing/auto-proxy.ts';
import type { DeltaClient } from './testing/delta-client.ts';
import { RouteOwner, refuseBadRoutes, routesWithBad } from './testing/route-owner.ts';
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

describe('a refused route configuration', () => {
  async function subscribe(client: DeltaClient): Promise<AutoProxy> {
    const proxy = new AutoProxy(client, refuseBadRoutes);
    client.ask('routeConfiguration', { subscribe: ['r', 's'] });
    await proxy.settle();
    return proxy;
  }

  const settleAll = async (...proxies: AutoProxy[]): Promise<void> => {
    for (let turn = 0; turn < 40; turn += 1) for (const proxy of proxies) await proxy.settle();
  };

  it.each([[[17]], [[3, 41]], [[0]], [[63]], [[0, 1]], [[0, 63]]])(
    'of 64 new routes, %j bad ones: just these end in quarantine',
    async (bad) => {
      owner.put('r', []);
      const proxy = await subscribe(test.connect());
      owner.put('r', routesWithBad(64, ...bad));
      await settleAll(proxy);
      expect([...owner.quarantined.keys()].sort()).toEqual(bad.map((index) => `bad-${index}`));
      expect([...owner.quarantined.values()]).toEqual(bad.map(() => 'there is a bad route'));
      expect(proxy.version('routeConfiguration', 'r')).toBe(
        routesWithBad(64, ...bad)
          .map(({ key, hash }) => `${key}=${hash.startsWith('bad') ? 'safe:' : ''}${hash}`)
          .join(','),
      );
      expect(owner.history.length).toBeLessThanOrEqual(2 + bad.length * 8);
    },
  );

  it('only what changed is suspect', async () => {
    owner.put('r', routesWithBad(64));
    const proxy = await subscribe(test.connect());
    owner.put('r', routesWithBad(64, 9));
    await settleAll(proxy);
    expect([...owner.quarantined.keys()]).toEqual(['bad-9']);
    expect(Math.max(...owner.history)).toBe(1);
  });

  it('what changed along with a bad one serves on as it was until it is cleared; of what is new nobody knows a better answer than 500', async () => {
    const edited = (version: string, ...bad: number[]) =>
      routesWithBad(8, ...bad).map((one) => ({ ...one, hash: `${one.hash}-${version}` }));
    owner.put('r', edited('old').slice(0, 6));
    const proxy = await subscribe(test.connect());
    const served: string[] = [];
    test.cache.watch(() => served.push(test.cache.view('fleet')?.get('routeConfiguration', 'r')?.resource.version ?? ''));
    owner.put('r', edited('new', 3));
    await settleAll(proxy);
    expect(served[1]).toBe(
      '0=safe:good-0-new<good-0-old,1=safe:good-1-new<good-1-old,2=safe:good-2-new<good-2-old,3=safe:bad-3-new<good-3-old,' +
        '4=safe:good-4-new<good-4-old,5=safe:good-5-new<good-5-old,6=safe:good-6-new,7=safe:good-7-new',
    );
    expect(served.at(-1)).toBe(
      '0=good-0-new,1=good-1-new,2=good-2-new,3=safe:bad-3-new,4=good-4-new,5=good-5-new,6=good-6-new,7=good-7-new',
    );
    expect(served.slice(1).filter((version) => /\b[0124-5]=safe:[^<,]*(,|$)/.test(version))).toEqual([]);
  });

  describe('new routes whose safe answers may be refused with them', () => {
    const patterns = (...bad: number[]) => routesWithBad(16, ...bad).map((one) => ({ ...one, hash: `${one.hash}-pattern` }));
    const served = (...bad: number[]): string =>
      patterns(...bad)
        .map(({ key, hash }) => `${key}=${hash.startsWith('bad') ? 'safe:' : ''}${hash}`)
        .join(',');
    /** Also in the safe answer that keeps it. */
    const refuseBadPatterns = (type: string, _name: string, version: string): string | undefined =>
      type === 'routeConfiguration' && /=bad|bad-\d+-pattern=/.test(version) ? 'there is a bad pattern' : undefined;

    async function connect(judge: typeof refuseBadRoutes, id: string): Promise<AutoProxy> {
      const proxy = new AutoProxy(test.connect({ id }), judge);
      proxy.client.ask('routeConfiguration', { subscribe: ['r'] });
      await proxy.settle();
      return proxy;
    }

    it('close just their own requests while what is refused is looked for, if it is not they that are refused', async () => {
      owner.put('r', []);
      const proxy = await connect(refuseBadRoutes, 'one');
      owner.put('r', patterns(3, 11));
      await settleAll(proxy);
      expect([...owner.quarantined.keys()].sort()).toEqual(['bad-11-pattern', 'bad-3-pattern']);
      expect(proxy.version('routeConfiguration', 'r')).toBe(served(3, 11));
      expect(owner.history[0]).toBe(16);
      expect(owner.wide[0]).toBe(0);
      expect(Math.max(...owner.wide)).toBe(2);
      expect(owner.wide).toEqual([...owner.wide].sort((a, b) => a - b));
    });

    it('close more where the safe answers are refused too, whoever says so, and the guilty are found', async () => {
      owner.put('r', []);
      const proxies = [await connect(refuseBadPatterns, 'one'), await connect(refuseBadPatterns, 'two')];
      owner.put('r', patterns(3));
      await settleAll(...proxies);
      expect([...owner.quarantined.keys()]).toEqual(['bad-3-pattern']);
      for (const proxy of proxies) expect(proxy.version('routeConfiguration', 'r')).toBe(served(3));
      expect(owner.wide.slice(0, 2)).toEqual([0, 16]);
    });

    it('are given back where it is the fault of none', async () => {
      owner.put('r', []);
      const proxy = await connect((_type, _name, version) => (version.includes('pattern') ? 'a bad virtual host' : undefined), 'one');
      owner.put('r', patterns());
      await settleAll(proxy);
      expect(owner.history).toEqual([16, 16, 0]);
      expect(owner.quarantined.size).toBe(0);
    });
  });

  it('what changes again while it is looked for serves on as the proxy has it', async () => {
    const edited = (version: string, ...bad: number[]) =>
      routesWithBad(4, ...bad).map((one) => ({ ...one, hash: `${one.hash}-${version}` }));
    owner.put('r', edited('old'));
    const proxy = await subscribe(test.connect());
    owner.put('r', edited('new', 3));
    proxy.client.nack(await proxy.client.one(), 'bad');
    proxy.client.ack(await proxy.client.one());
    await proxy.client.settle();
    owner.put('r', edited('newer', 2));
    await settleAll(proxy);
    expect(Math.max(...owner.history)).toBe(1);
    expect([...owner.quarantined.keys()]).toEqual(['bad-2-newer']);
    expect(proxy.version('routeConfiguration', 'r')).toBe('0=good-0-newer,1=good-1-newer,2=safe:bad-2-newer,3=good-3-newer');
  });

  it('a route that is mended is served again', async () => {
    owner.put('r', routesWithBad(4));
    const proxy = await subscribe(test.connect());
    owner.put('r', routesWithBad(4, 1, 2));
    await settleAll(proxy);
    owner.put('r', routesWithBad(4, 2));
    await settleAll(proxy);
    expect([...owner.quarantined.keys()]).toEqual(['bad-2']);
    expect(proxy.version('routeConfiguration', 'r')).toBe('0=good-0,1=good-1,2=safe:bad-2,3=good-3');
  });

  it('a bad route that went and comes back is found again', async () => {
    owner.put('r', routesWithBad(4));
    const proxy = await subscribe(test.connect());
    for (const bad of [[1], [], [1]]) {
      owner.put('r', routesWithBad(4, ...bad));
      await settleAll(proxy);
    }
    expect([...owner.quarantined.keys()]).toEqual(['bad-1']);
    expect(proxy.version('routeConfiguration', 'r')).toBe('0=good-0,1=safe:bad-1,2=good-2,3=good-3');
  });

  it('proxies of one version share what is found; one more that connects sees no bad route', async () => {
    owner.put('r', routesWithBad(16));
    const [one, two] = [await subscribe(test.connect({ id: 'one' })), await subscribe(test.connect({ id: 'two' }))];
    owner.put('r', routesWithBad(16, 5));
    await settleAll(one, two);
    const three = await subscribe(test.connect({ id: 'three' }));
    expect([...owner.quarantined.keys()]).toEqual(['bad-5']);
    expect(three.refused).toEqual([]);
    for (const proxy of [one, two, three]) expect(proxy.version('routeConfiguration', 'r')).toContain('5=safe:bad-5');
  });

  it('two route configurations with the same bad route agree on it', async () => {
    owner.put('r', routesWithBad(8));
    owner.put('s', routesWithBad(8));
    const proxy = await subscribe(test.connect());
    owner.put('r', routesWithBad(8, 3));
    owner.put('s', routesWithBad(8, 3));
    await settleAll(proxy);
    expect([...owner.quarantined.keys()]).toEqual(['bad-3']);
    expect(proxy.version('routeConfiguration', 's')).toBe(proxy.version('routeConfiguration', 'r'));
  });

  it('what is no route’s fault is refused as a whole, and all routes are given back', async () => {
    owner.put('r', routesWithBad(4));
    const proxy = new AutoProxy(test.connect(), (_type, _name, version) => (version.includes('bad') ? 'a bad virtual host' : undefined));
    proxy.client.ask('routeConfiguration', { subscribe: ['r'] });
    await proxy.settle();
    owner.put('r', routesWithBad(4, 0, 1));
    await settleAll(proxy);
    expect(owner.history).toEqual([0, 0]);
    expect(proxy.version('routeConfiguration', 'r')).toBe('0=good-0,1=good-1,2=good-2,3=good-3');
    expect(test.server.fleetState('fleet').nodes[0]?.types.routeConfiguration.refused).toMatchObject([
      { name: 'r', message: 'a bad virtual host' },
    ]);
  });

  it('a proxy that goes in the middle of the search and comes back lets it go on', async () => {
    owner.put('r', routesWithBad(16));
    const proxy = await subscribe(test.connect());
    owner.put('r', routesWithBad(16, 2));
    for (const response of await proxy.client.take()) proxy.client.nack(response, 'bad');
    proxy.client.close();
    const again = new AutoProxy(test.connect(), refuseBadRoutes);
    again.client.ask('routeConfiguration', { subscribe: ['r'], held: { r: proxy.version('routeConfiguration', 'r') ?? '' } });
    await settleAll(again);
    expect([...owner.quarantined.keys()]).toEqual(['bad-2']);
    expect(Math.max(...owner.history)).toBe(1);
  });

  it('a proxy that goes before it could say that it took the safe answers says so by coming back with them', async () => {
    owner.put('r', routesWithBad(16));
    const proxy = await subscribe(test.connect());
    owner.put(
      'r',
      routesWithBad(16, 2).map((one) => ({ ...one, hash: `${one.hash}-new` })),
    );
    proxy.client.nack(await proxy.client.one(), 'bad');
    const safe = await proxy.client.one();
    proxy.client.close();
    const again = new AutoProxy(test.connect(), refuseBadRoutes);
    again.client.ask('routeConfiguration', { subscribe: ['r'], held: safe.resources });
    await settleAll(again);
    expect([...owner.quarantined.keys()]).toEqual(['bad-2-new']);
  });

  it.each([
    [true, 1],
    [false, 16],
  ])('a server that begins anew suspects first what the proxy’s version says was away (marked: %s)', async (marks, mostAway) => {
    owner = new RouteOwner(test.cache, marks);
    owner.put('r', routesWithBad(16));
    const proxy = await subscribe(test.connect());
    owner.put('r', routesWithBad(16, 5));
    await settleAll(proxy);
    const held = proxy.version('routeConfiguration', 'r') ?? '';
    await test.close();
    test = await startTestServer({ onQuarantine: (changes) => owner.onQuarantine(changes) });
    owner = new RouteOwner(test.cache, marks);
    owner.put('r', routesWithBad(16, 5));
    const again = new AutoProxy(test.connect(), refuseBadRoutes);
    again.client.ask('routeConfiguration', { subscribe: ['r'], held: { r: held } });
    await settleAll(again);
    expect([...owner.quarantined.keys()]).toEqual(['bad-5']);
    expect(Math.max(...owner.history)).toBe(mostAway);
  });

  it('what was away before is not the only suspect', async () => {
    owner = new RouteOwner(test.cache, true);
    owner.put('r', routesWithBad(16, 5, 9));
    const proxy = new AutoProxy(test.connect(), refuseBadRoutes);
    proxy.client.ask('routeConfiguration', { subscribe: ['r'], held: { r: 'earlier!bad-5!good-3' } });
    await settleAll(proxy);
    expect([...owner.quarantined.keys()].sort()).toEqual(['bad-5', 'bad-9']);
  });

  it('a version of Envoy that comes back in time is remembered', async () => {
    owner.put('r', routesWithBad(4));
    const proxy = await subscribe(test.connect());
    owner.put('r', routesWithBad(4, 1));
    await settleAll(proxy);
    proxy.client.close();
    const meanwhile = test.connect({ version: [1, 41, 0] });
    while (test.server.fleetState('fleet').nodes.some(({ envoyVersion }) => envoyVersion === '1.40.0')) await meanwhile.settle();
    test.clock.advance(599_999);
    const again = await subscribe(test.connect());
    test.clock.advance(600_000);
    await settleAll(again);
    expect([...owner.quarantined.keys()]).toEqual(['bad-1']);
  });

  it('a version of Envoy that is gone for good takes its quarantine with it', async () => {
    owner.put('r', routesWithBad(4));
    const proxy = await subscribe(test.connect());
    owner.put('r', routesWithBad(4, 1));
    await settleAll(proxy);
    expect(owner.quarantined.size).toBe(1);
    proxy.client.close();
    const newer = new AutoProxy(test.connect({ version: [1, 41, 0] }));
    newer.client.ask('routeConfiguration', { subscribe: ['r'] });
    await newer.settle();
    test.clock.advance(600_000);
    await settleAll(newer);
    expect(owner.quarantined.size).toBe(0);
    expect(newer.version('routeConfiguration', 'r')).toContain('=bad-1');
  });
});
