import type { Fragment, Resource } from './resource.ts';
import { AutoProxy } from './testing/auto-proxy.ts';
import { route, sample, set } from './testing/sample-resources.ts';
import { startTestServer, type TestServer } from './testing/test-server.ts';

const HOSTS = 50;

/** A virtual host that notes who looks at its routes. */
class WatchedHost implements Fragment {
  readonly key: string;
  readonly requires = [];
  readonly hash: string;
  readonly #routes: readonly Fragment[];
  readonly #looked: (key: string) => void;

  constructor(key: string, routes: readonly Fragment[], looked: (key: string) => void) {
    this.key = key;
    this.hash = routes.map(({ hash }) => hash).join(',');
    this.#routes = routes;
    this.#looked = looked;
  }

  get fragments(): readonly Fragment[] {
    this.#looked(this.key);
    return this.#routes;
  }
}

let test: TestServer;
let hosts: readonly WatchedHost[];
const looked = new Set<string>();
beforeEach(async () => {
  test = await startTestServer();
  hosts = Array.from({ length: HOSTS }, (_, index) => watchedHost(`h${index}`, 'first'));
  looked.clear();
});
afterEach(() => test.close());

const watchedHost = (key: string, edit: string): WatchedHost =>
  new WatchedHost(
    key,
    [1, 2, 3].map((number) => route(`${number}`, `${key}-${number}-${edit}`, 'a')),
    (host) => looked.add(host),
  );

/** The routes with one virtual host made anew; the others are the same objects as before. */
function edited(key: string, edit: string): Resource {
  hosts = hosts.map((host) => (host.key === key ? watchedHost(key, edit) : host));
  return sample('routeConfiguration', 'r', { version: edit, fragments: hosts });
}

async function connect(id: string): Promise<AutoProxy> {
  const proxy = new AutoProxy(test.connect({ id }), (_type, _name, version) => (version.startsWith('bad') ? 'bad' : undefined));
  proxy.client.ask('cluster');
  await proxy.settle();
  proxy.client.ask('routeConfiguration', { subscribe: ['r'] });
  await proxy.settle();
  return proxy;
}

describe('a change of one virtual host looks at the routes of no other', () => {
  it('on its way to the proxies and back', async () => {
    test.cache.update('fleet', set(sample('cluster', 'a'), edited('h7', 'old')));
    const proxies = [await connect('one'), await connect('two')];
    looked.clear();
    test.cache.update('fleet', set(edited('h7', 'new')));
    for (const proxy of proxies) await proxy.settle();
    expect(proxies.map((proxy) => proxy.version('routeConfiguration', 'r'))).toEqual(['new', 'new']);
    expect([...looked]).toEqual(['h7']);
  });

  it('while the guilty part of a refused version is searched for', async () => {
    test.cache.update('fleet', set(sample('cluster', 'a'), edited('h7', 'old')));
    const proxy = await connect('one');
    test.cache.update('fleet', set(edited('h7', 'bad')));
    await proxy.settle();
    expect(proxy.refused).toEqual(['routeConfiguration/r@bad']);
    looked.clear();
    for (const edit of ['new', 'bad again', 'newer']) {
      test.cache.update('fleet', set(edited('h9', edit)));
      await proxy.settle();
    }
    expect(proxy.version('routeConfiguration', 'r')).toBe('newer');
    expect([...looked].sort()).toEqual(['h7', 'h9']);
  });
});
