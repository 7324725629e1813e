import { type Clock, systemClock } from './clock.ts';
import type { ReflectorOptions } from './reflector.ts';
import { type Follower, follow, names, THINGS, thing, watches } from './testing/follower.ts';
import { HandClock } from './testing/hand-clock.ts';
import { fail, line, ScriptedApiServer } from './testing/scripted-api-server.ts';
import { until } from './testing/until.ts';

describe('Reflector, when things go wrong:', () => {
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
        if (ms !== 150_000) waits.push(ms);
        return systemClock.after(ms === 150_000 ? ms : 0, run);
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
    let resets = 0;
    server.intercept = (_, response) => {
      resets += 1;
      if (resets > 4) return false;
      response.destroy();
      return true;
    };
    server.endWatches('cut');
    await until('the watch is back', () => server.watching === 1);
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
