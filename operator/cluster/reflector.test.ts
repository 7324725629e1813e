import type { KubernetesObject } from '../../crds/object-meta.ts';
import { type Clock, systemClock } from './clock.ts';
import { Reflector, type ReflectorEvent, type ReflectorOptions } from './reflector.ts';
import type { ResourceKind } from './resource-kind.ts';
import { HandClock } from './testing/hand-clock.ts';
import { fail, line, ScriptedApiServer } from './testing/scripted-api-server.ts';
import { until } from './testing/until.ts';
import type { WatchProblem } from './watch-problem.ts';

const THING: ResourceKind = { group: 'test.io', version: 'v1', kind: 'Thing', plural: 'things', namespaced: true };
const THINGS = '/apis/test.io/v1/things';

const thing = (name: string, spec: unknown = {}, annotations?: Record<string, string>): KubernetesObject => ({
  apiVersion: 'test.io/v1',
  kind: 'Thing',
  metadata: { namespace: 'ns', name, ...(annotations === undefined ? {} : { annotations }) },
  spec,
});

/** What a follower ends up knowing. */
interface Follower {
  readonly reflector: Reflector;
  readonly events: ReflectorEvent[];
  readonly known: Map<string, KubernetesObject>;
  readonly problems: (WatchProblem | undefined)[];
  lists: number;
  stop(): Promise<void>;
}

const follow = (server: ScriptedApiServer, options: Partial<ReflectorOptions> = {}): Follower => {
  const stopping = new AbortController();
  const known = new Map<string, KubernetesObject>();
  const events: ReflectorEvent[] = [];
  const problems: (WatchProblem | undefined)[] = [];
  const client = server.client();
  const reflector = new Reflector({
    client,
    kind: THING,
    onEvent: (event) => {
      events.push(event);
      if (event.type === 'put') known.set(event.key, event.object);
      else known.delete(event.key);
    },
    onListed: () => {
      follower.lists += 1;
    },
    onTrouble: (problem) => problems.push(problem),
    random: () => 0,
    ...options,
  });
  const run = reflector.run(stopping.signal);
  const stop = async (): Promise<void> => {
    stopping.abort();
    await run;
    await client.close();
  };
  const follower: Follower = { reflector, events, known, problems, lists: 0, stop };
  return follower;
};

const names = (follower: Follower): string[] => [...follower.known.keys()].sort();
const watches = (server: ScriptedApiServer) => server.requests.filter(({ query }) => query.get('watch') === 'true');
const lists = (server: ScriptedApiServer) => server.requests.filter(({ method, query }) => method === 'GET' && !query.has('watch'));

describe('Reflector', () => {
  let server: ScriptedApiServer;
  let follower: Follower;

  beforeEach(async () => {
    server = await ScriptedApiServer.start();
  });

  afterEach(async () => {
    await follower.stop();
    await server.stop();
  });

  const started = async (options: Partial<ReflectorOptions> = {}): Promise<void> => {
    follower = follow(server, options);
    await until('a list and a watch', () => follower.lists === 1 && server.watching === 1);
  };

  test('streams the list, then what changes, over one request', async () => {
    server.put(THINGS, thing('a'));
    await started();
    expect(names(follower)).toEqual(['ns/a']);
    server.put(THINGS, thing('b', { size: 1 }));
    server.put(THINGS, thing('a', { size: 2 }));
    server.remove(THINGS, 'ns/b');
    await until('the deletion', () => follower.events.at(-1)?.type === 'delete');
    expect(names(follower)).toEqual(['ns/a']);
    expect(follower.known.get('ns/a')?.spec).toEqual({ size: 2 });
    expect(server.requests).toHaveLength(1);
    const query = server.requests[0]?.query;
    expect(query?.get('sendInitialEvents')).toBe('true');
    expect(query?.get('resourceVersionMatch')).toBe('NotOlderThan');
    expect(query?.get('allowWatchBookmarks')).toBe('true');
    expect(query?.get('timeoutSeconds')).toBe('300');
  });

  test('lists in pages of 500 where the server streams no lists, and remembers that', async () => {
    server.streamsLists = false;
    for (let i = 0; i < 1001; i++) server.put(THINGS, thing(`t${i}`));
    await started();
    expect(follower.known.size).toBe(1001);
    expect(follower.known.get('ns/t7')).toMatchObject({ apiVersion: 'test.io/v1', kind: 'Thing' });
    expect(lists(server).map(({ query }) => query.get('limit'))).toEqual(['500', '500', '500']);
    server.put(THINGS, thing('late'));
    await until('the late one', () => follower.known.has('ns/late'));
    server.compact();
    server.put(THINGS, thing('later'));
    server.endWatches('cut');
    await until('the later one', () => follower.known.has('ns/later'));
    expect(watches(server).filter(({ query }) => query.has('sendInitialEvents'))).toHaveLength(1);
    expect(follower.problems.filter((problem) => problem !== undefined).map((problem) => problem?.reason)).toEqual(['Unreachable']);
  });

  test('goes on from the last bookmark when the server ends the watch, without a pause and without telling anything twice', async () => {
    server.put(THINGS, thing('a'));
    await started();
    server.bookmark();
    server.put('/apis/test.io/v1/others', thing('elsewhere'));
    server.bookmark();
    await until('the bookmarks', () => server.requests.length === 1);
    server.put(THINGS, thing('b'));
    await until('b', () => follower.known.has('ns/b'));
    const version = server.get(THINGS, 'ns/b')?.metadata.resourceVersion;
    server.endWatches();
    await until('the next watch', () => server.watching === 1);
    expect(watches(server)[1]?.query.get('resourceVersion')).toBe(version);
    expect(follower.events).toHaveLength(2);
    expect(follower.problems).toEqual([undefined].filter((problem) => problem !== undefined));
  });

  test('finds what came, changed and went while the server was away', async () => {
    for (const name of ['stays', 'changes', 'goes']) server.put(THINGS, thing(name));
    await started();
    const { port } = server;
    await server.stop();
    await until('the trouble', () => follower.problems.length > 0);
    const other = await ScriptedApiServer.start(port);
    server = other;
    // As after a restart: the same objects under the same versions, one of them changed, one gone, one new, and no memory of the time between.
    other.put(THINGS, thing('stays'));
    other.put(THINGS, thing('changes'));
    other.put('/apis/test.io/v1/others', thing('a'));
    other.put('/apis/test.io/v1/others', thing('b'));
    other.put(THINGS, thing('changes', { size: 2 }));
    other.put(THINGS, thing('comes'));
    other.compact();
    await until('the recovery', () => follower.lists === 2 && follower.problems.at(-1) === undefined);
    expect(names(follower)).toEqual(['ns/changes', 'ns/comes', 'ns/stays']);
    expect(follower.events.slice(3).map(({ type, key }) => `${type} ${key}`)).toEqual(['put ns/changes', 'put ns/comes', 'delete ns/goes']);
  });

  test('lists again after 410 and tells the difference only', async () => {
    for (const name of ['a', 'b', 'c']) server.put(THINGS, thing(name));
    await started();
    server.intercept = ({ query }, response) => {
      if (query.get('resourceVersion') === null) return false;
      response.end(line('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old', metadata: {} }));
      return true;
    };
    server.endWatches();
    server.remove(THINGS, 'ns/b');
    server.put(THINGS, thing('c', { size: 3 }));
    await until('the second list', () => follower.lists === 2);
    expect(follower.events.slice(3).map(({ type, key }) => `${type} ${key}`)).toEqual(['put ns/c', 'delete ns/b']);
    expect(follower.problems).toEqual([]);
  });

  test('starts a paged list again whose continue token has expired', async () => {
    server.streamsLists = false;
    for (let i = 0; i < 600; i++) server.put(THINGS, thing(`t${i}`));
    let expired = 0;
    server.intercept = ({ query }, response) => {
      if (!query.has('continue') || expired > 0) return false;
      expired += 1;
      server.remove(THINGS, 'ns/t0');
      fail(response, 410, 'Expired');
      return true;
    };
    await started();
    expect(expired).toBe(1);
    expect(follower.known.size).toBe(599);
    expect(follower.known.has('ns/t0')).toBe(false);
  });

  test('reports 403 with its cure, and follows once the right is granted', async () => {
    let allowed = false;
    server.intercept = (_, response) => {
      if (!allowed) fail(response, 403, 'Forbidden');
      return !allowed;
    };
    server.put(THINGS, thing('a'));
    follower = follow(server);
    await until('the second try', () => server.requests.length >= 2);
    expect(follower.problems).toHaveLength(1);
    expect(follower.problems[0]?.reason).toBe('Forbidden');
    expect(follower.problems[0]?.message).toMatch(/Grant the verbs get, list and watch on things\.test\.io/);
    expect(follower.lists).toBe(0);
    allowed = true;
    await until('the object', () => follower.known.has('ns/a'));
    await until('the all-clear', () => follower.problems.at(-1) === undefined);
  });

  test('takes a kind that is not there for listed, finds it later, and empties it when it goes again', async () => {
    server.served = new Set();
    follower = follow(server);
    await until('the empty list', () => follower.lists > 0);
    expect(follower.problems.map((problem) => problem?.reason)).toEqual(['NotServed']);
    server.put(THINGS, thing('a'));
    server.served = new Set([THINGS]);
    follower.reflector.wake();
    await until('the object', () => follower.known.has('ns/a'));
    await until('the all-clear', () => follower.problems.at(-1) === undefined);
    server.served = new Set();
    server.endWatches();
    await until('the deletion', () => follower.known.size === 0);
    expect(watches(server).slice(-3)).toHaveLength(3);
  });

  test('does not believe a single 404 when it knows objects of the kind', async () => {
    server.put(THINGS, thing('a'));
    await started();
    let denied = 0;
    server.intercept = (_, response) => {
      if (denied === 2) return false;
      denied += 1;
      fail(response, 404, 'NotFound');
      return true;
    };
    server.endWatches();
    await until('the watch is back', () => server.watching === 1);
    expect(denied).toBe(2);
    expect(follower.events.map(({ type }) => type)).toEqual(['put']);
  });

  test('waits as long as a 429 asks for', async () => {
    const waits: number[] = [];
    const clock: Clock = {
      now: systemClock.now,
      after: (ms, run) => {
        if (ms !== 90_000) waits.push(ms);
        return systemClock.after(ms === 90_000 ? ms : 0, run);
      },
    };
    let refused = 0;
    server.intercept = (_, response) => {
      refused += 1;
      if (refused > 2) return false;
      if (refused === 1) response.setHeader('retry-after', '7');
      fail(response, 429, 'TooManyRequests', refused === 2 ? { details: { retryAfterSeconds: 3 } } : {});
      return true;
    };
    await started({ clock });
    expect(waits).toEqual([7_000, 3_000]);
    expect(follower.problems.map((problem) => problem?.reason)).toEqual(['TooManyRequests', undefined]);
  });

  test.each([
    ['half an event', '{"type":"ADDED","object":{"apiVersion":"test.io/v1","kind":"Thi', true],
    ['a line that is not JSON', '{"type":\n', false],
    ['a line that is no event', '{"kind":"Status"}\n', false],
    ['an event of an unknown type', line('RENAMED', { metadata: {} }), false],
  ])('goes on where it was after %s', async (_, bytes, cut) => {
    server.put(THINGS, thing('a'));
    await started();
    server.say(bytes);
    if (cut) server.endWatches();
    await until('the next watch', () => server.watching === 1 && watches(server).length === 2);
    server.put(THINGS, thing('b'));
    await until('b', () => follower.known.has('ns/b'));
    expect(follower.events.map(({ type, key }) => `${type} ${key}`)).toEqual(['put ns/a', 'put ns/b']);
    expect(follower.problems.filter((problem) => problem !== undefined)).toHaveLength(1);
  });

  test('survives a connection that is reset again and again, and backs off', async () => {
    server.put(THINGS, thing('a'));
    await started();
    const waits: number[] = [];
    let resets = 0;
    server.intercept = (_, response) => {
      resets += 1;
      if (resets > 4) return false;
      response.destroy();
      return true;
    };
    const before = performance.now();
    server.endWatches('cut');
    await until('the watch is back', () => server.watching === 1);
    waits.push(performance.now() - before);
    server.put(THINGS, thing('b'));
    await until('b', () => follower.known.has('ns/b'));
    expect(resets).toBe(5);
    expect(follower.lists).toBe(1);
  });

  test('backs off from a server that ends every watch at once', async () => {
    const clock = new HandClock();
    server.put(THINGS, thing('a'));
    await started({ clock });
    server.intercept = (_, response) => {
      response.end();
      return true;
    };
    server.endWatches();
    await until('the pause', () => clock.waits.includes(50));
    expect(watches(server).length).toBeLessThanOrEqual(3);
    await clock.advance(50);
    await until('the longer pause', () => clock.waits.includes(100));
  });

  test('leaves a connection on which nothing is heard, and keeps one on which bookmarks are', async () => {
    const clock = new HandClock();
    server.put(THINGS, thing('a'));
    await started({ clock, stallMs: 90_000 });
    await clock.advance(60_000);
    server.bookmark();
    await until('the stall timer starts anew', () => clock.waits[0] === 90_000);
    await clock.advance(60_000);
    expect(watches(server)).toHaveLength(1);
    await clock.advance(30_000);
    await until('another connection', () => watches(server).length === 2 && server.watching > 0);
    server.put(THINGS, thing('b'));
    await until('b', () => follower.known.has('ns/b'));
    expect(follower.lists).toBe(1);
    expect(follower.problems).toEqual([]);
  });

  test('ignores what is older than what it has seen', async () => {
    server.put(THINGS, thing('a', { size: 1 }));
    const new_ = server.put(THINGS, thing('a', { size: 2 }));
    await started();
    const old = { ...new_, metadata: { ...new_.metadata, resourceVersion: '1' }, spec: { size: 1 } };
    server.say(line('MODIFIED', old) + line('DELETED', old));
    server.put(THINGS, thing('b'));
    await until('b', () => follower.known.has('ns/b'));
    expect(follower.known.get('ns/a')?.spec).toEqual({ size: 2 });
    expect(follower.events).toHaveLength(2);
  });

  test('strips what is large and tells nothing', async () => {
    const bare = thing('a', {}, { keep: 'me', 'kubectl.kubernetes.io/last-applied-configuration': '{}' });
    const object: KubernetesObject = { ...bare, metadata: { ...bare.metadata, ...{ managedFields: [{ manager: 'kubectl' }] } } };
    server.put(THINGS, object);
    await started();
    expect(follower.known.get('ns/a')?.metadata).toEqual({
      namespace: 'ns',
      name: 'a',
      resourceVersion: '2',
      annotations: { keep: 'me' },
    });
  });

  test('keeps what `project` says, and gets the rest when it is asked for', async () => {
    const wanted = new Set<string>();
    server.put(THINGS, thing('a', { secret: 1 }));
    server.put(THINGS, thing('b', { secret: 2 }));
    await started({ project: (object) => (wanted.has(object.metadata.name) ? object : { ...object, spec: undefined }) });
    expect(follower.known.get('ns/a')?.spec).toBeUndefined();
    wanted.add('a');
    follower.reflector.refetch('ns/a');
    follower.reflector.refetch('ns/nobody');
    await until('the whole object', () => follower.known.get('ns/a')?.spec !== undefined);
    expect(follower.known.get('ns/b')?.spec).toBeUndefined();
    expect(server.requests.filter(({ path }) => path.endsWith('/a'))).toHaveLength(1);
    expect(server.requests.filter(({ path }) => path.endsWith('/nobody'))).toHaveLength(0);
  });

  test('a server that goes silent in the middle of an answer to a list is given up', async () => {
    const clock = new HandClock();
    let silent = true;
    server.put(THINGS, thing('a'));
    server.intercept = (_, response) => {
      if (silent) response.writeHead(200).write(line('ADDED', server.get(THINGS, 'ns/a')));
      return silent;
    };
    follower = follow(server, { clock, stallMs: 1_000 });
    await until('the first half', () => follower.known.has('ns/a'));
    expect(follower.lists).toBe(0);
    silent = false;
    await clock.advance(1_000);
    await until('a whole list', () => follower.lists === 1);
    expect(follower.events).toHaveLength(1);
  });
});
