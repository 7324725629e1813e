import type { KubernetesObject } from '../../crds/object-meta.ts';
import type { ReflectorOptions } from './reflector.ts';
import { type Follower, follow, lists, names, THINGS, thing, watches } from './testing/follower.ts';
import { line, ScriptedApiServer } from './testing/scripted-api-server.ts';
import { until } from './testing/until.ts';

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
    server.put(THINGS, thing('b'));
    server.bookmark();
    server.endWatches();
    await until('the next watch', () => server.watching === 1);
    // a is 2, b is 3.
    expect(watches(server)[1]?.query.get('resourceVersion')).toBe('4');
    expect(follower.events).toHaveLength(2);
    expect(follower.problems).toEqual([]);
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
    expect(follower.problems.at(-1)?.reason).toBe('NotServed');
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
});
