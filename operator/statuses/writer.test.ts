import type { KubernetesObject } from '../../crds/object-meta.ts';
import type { KubeClient } from '../cluster/kube-client.ts';
import { THING, THINGS, thing } from '../cluster/testing/follower.ts';
import { HandClock, settled } from '../cluster/testing/hand-clock.ts';
import { fail, ScriptedApiServer } from '../cluster/testing/scripted-api-server.ts';
import { until } from '../cluster/testing/until.ts';
import type { DesiredStatus } from './desired-status.ts';
import { PACE } from './write-pace.ts';
import { type StatusProblem, StatusWriter } from './writer.ts';

const OURS = 'gateway.envoyproxy.io/gatewayclass-controller';

const accepted = (message: string): DesiredStatus => ({
  conditions: [{ type: 'Accepted', status: 'True', reason: 'Accepted', message, observedGeneration: 1 }],
});

describe('StatusWriter', () => {
  let server: ScriptedApiServer;
  let client: KubeClient;
  let clock: HandClock;
  let writer: StatusWriter;
  let problems: StatusProblem[];
  let contests: string[];
  /** What the watch has brought; by default it is as new as the server. */
  let live: (key: string) => KubernetesObject | undefined;

  beforeEach(async () => {
    server = await ScriptedApiServer.start();
    client = server.client();
    clock = new HandClock();
    problems = [];
    contests = [];
    live = (key) => server.get(THINGS, key);
    writer = new StatusWriter({
      client,
      ownership: { controllerName: OURS },
      live: (_, key) => live(key),
      onProblem: (problem) => problems.push(problem),
      onContest: (_, key) => contests.push(key),
      clock,
      random: () => 0,
    });
    server.put(THINGS, thing('a'));
  });

  afterEach(async () => {
    writer.stop();
    await client.close();
    await server.stop();
  });

  const message = (key = 'ns/a'): string | undefined => {
    // Boundary: what the writer wrote, as the server has it.
    const status = server.get(THINGS, key)?.status as { conditions?: { message: string }[] } | undefined;
    return status?.conditions?.[0]?.message;
  };
  const patches = (): number => server.requests.filter(({ method }) => method === 'PATCH').length;
  /** What is known of all that was asked for so far. */
  const done = (): number => {
    const { written, unchanged, gone, refused } = writer.counters;
    return written + unchanged + gone + refused;
  };

  test('what somebody else undoes again and again is said once, and written ever less often; something new is written as ever', async () => {
    /** Takes away what was written, and answers how long the writer waits before it writes again. */
    const undone = async (status: DesiredStatus): Promise<number> => {
      const before = patches();
      server.put(THINGS, thing('a'));
      writer.put(THING, 'ns/a', status);
      const wait = clock.waits[0] ?? 0;
      await clock.advance(wait);
      await until('the write', () => writer.counters.written === before + 1);
      return wait;
    };
    const waits: number[] = [];
    for (let round = 0; round < 9; round += 1) waits.push(await undone(accepted('one')));
    expect(waits.slice(0, 4).every((wait) => wait < 1_000)).toBe(true);
    expect(waits.slice(4)).toEqual([4_000, 8_000, 16_000, 32_000, 60_000]);
    expect(contests).toEqual(['ns/a']);
    expect(await undone(accepted('two'))).toBeLessThan(PACE.most + 1);
    expect(message()).toBe('two');
  });

  test('while it does not lead it keeps nothing, and drops what waited', async () => {
    writer.put(THING, 'ns/a', accepted('one'));
    await until('the write', () => done() === 1);
    writer.put(THING, 'ns/a', accepted('waits for its pace'));
    writer.lead(false);
    writer.put(THING, 'ns/a', accepted('two'));
    await clock.advance(60_000);
    await writer.flush();
    expect([message(), patches(), problems]).toEqual(['one', 1, []]);
    writer.lead(true);
    await clock.advance(60_000);
    expect(patches()).toBe(1);
    writer.put(THING, 'ns/a', accepted('three'));
    await until('the write', () => done() === 2);
    expect(message()).toBe('three');
  });

  test('writes a status at once, and nothing where it is there already', async () => {
    writer.put(THING, 'ns/a', accepted('one'));
    await until('the write', () => done() === 1);
    expect(message()).toBe('one');
    await clock.advance(10_000);
    writer.put(THING, 'ns/a', accepted('one'));
    await until('the look', () => done() === 2);
    expect(writer.counters).toMatchObject({ written: 1, unchanged: 1 });
    expect(patches()).toBe(1);
  });

  test('writes the newest of many, and keeps its distance', async () => {
    writer.put(THING, 'ns/a', accepted('one'));
    await until('the first write', () => done() === 1);
    for (const text of ['two', 'three', 'four']) writer.put(THING, 'ns/a', accepted(text));
    await settled();
    expect(clock.waits).toEqual([200]);
    await clock.advance(200);
    await until('the second write', () => done() === 2);
    expect(message()).toBe('four');
    expect(patches()).toBe(2);
  });

  test('writes a Gateway at most some fifty times while a thousand routes attach, and ends with the truth', async () => {
    for (let count = 1; count <= 1_000; count++) {
      writer.put(THING, 'ns/a', accepted(`${count} routes`));
      await clock.advance(50);
    }
    await until('quiet', () => writer.counters.written > 5);
    await clock.advance(5_000);
    await until('the last write', () => message() === '1000 routes');
    expect(patches()).toBeLessThanOrEqual(50);
  });

  test('has eight under way at once', async () => {
    const held: (() => void)[] = [];
    server.intercept = ({ method, path }, response) => {
      if (method === 'PATCH') held.push(() => fail(response, 404, path));
      return method === 'PATCH';
    };
    for (let i = 0; i < 20; i++) {
      server.put(THINGS, thing(`t${i}`));
      writer.put(THING, `ns/t${i}`, accepted('one'));
    }
    await until('eight', () => held.length === 8);
    await settled();
    expect(held).toHaveLength(8);
    server.intercept = () => false;
    for (const answer of held) answer();
    await until('all', () => done() === 20);
  });

  test('reads again after a conflict and writes on top of it', async () => {
    const stale = server.get(THINGS, 'ns/a');
    live = () => stale;
    server.put(THINGS, { ...thing('a'), status: { conditions: [{ type: 'example.com/Foreign', status: 'True', message: 'theirs' }] } });
    writer.put(THING, 'ns/a', accepted('ours'));
    await until('the write', () => done() === 1);
    expect(server.get(THINGS, 'ns/a')?.status).toMatchObject({ conditions: [{ message: 'theirs' }, { message: 'ours' }] });
    expect(writer.counters).toMatchObject({ written: 1, conflicts: 1 });
  });

  test('waits when others write all the time, and gets through in the end', async () => {
    let busy = true;
    server.intercept = ({ method }) => {
      if (busy && method === 'PATCH') server.put(THINGS, thing('a', Math.random()));
      return false;
    };
    writer.put(THING, 'ns/a', accepted('one'));
    await until('it gives in', () => problems.length === 1);
    expect(problems[0]).toMatchObject({ key: 'ns/a', final: false });
    busy = false;
    await clock.advance(1_000);
    await until('the write', () => message() === 'one');
  });

  test('drops an object that is gone, and asks the server before it believes that', async () => {
    live = () => undefined;
    writer.put(THING, 'ns/a', accepted('one'));
    writer.put(THING, 'ns/nobody', accepted('one'));
    await until('both', () => done() === 2);
    expect(message()).toBe('one');
    expect(writer.counters).toMatchObject({ written: 1, gone: 1 });
    expect(problems).toEqual([]);
  });

  test('reports a status that the server finds invalid, and does not try it again by itself', async () => {
    server.intercept = ({ method }, response) => {
      if (method === 'PATCH') fail(response, 422, 'Invalid', { message: 'status.conditions[0].reason: Invalid value' });
      return method === 'PATCH';
    };
    writer.put(THING, 'ns/a', accepted('one'));
    await until('the report', () => problems.length === 1);
    expect(problems[0]).toMatchObject({ kind: THING, key: 'ns/a', final: true });
    expect(problems[0]?.message).toContain('status.conditions[0].reason: Invalid value');
    await clock.advance(60_000);
    expect(patches()).toBe(1);
    expect(writer.counters).toMatchObject({ refused: 1, failed: 0 });
  });

  test('tries again when the server is in trouble', async () => {
    let broken = true;
    server.intercept = (_, response) => {
      if (broken) fail(response, 503, 'ServiceUnavailable');
      return broken;
    };
    writer.put(THING, 'ns/a', accepted('one'));
    await until('the report', () => problems.length === 1);
    expect(problems[0]?.final).toBe(false);
    broken = false;
    await clock.advance(50);
    await until('the write', () => message() === 'one');
  });

  test('is not fooled by a watch that lags behind its own write', async () => {
    const before = server.get(THINGS, 'ns/a');
    live = () => before;
    writer.put(THING, 'ns/a', accepted('one'));
    await until('one', () => done() === 1);
    const lagging = server.get(THINGS, 'ns/a');
    await clock.advance(10_000);
    writer.put(THING, 'ns/a', accepted('two'));
    await until('two', () => done() === 2);
    // The watch shows the first write; compared with that there would be nothing to do.
    live = () => lagging;
    await clock.advance(10_000);
    writer.put(THING, 'ns/a', accepted('one'));
    await until('one again', () => done() === 3);
    expect(message()).toBe('one');
    expect(writer.counters).toMatchObject({ written: 3, conflicts: 0 });
  });

  test('flush writes what waits, without keeping its distance', async () => {
    writer.put(THING, 'ns/a', accepted('one'));
    await until('the first write', () => done() === 1);
    writer.put(THING, 'ns/a', accepted('last'));
    await writer.flush();
    expect(message()).toBe('last');
    expect(clock.waits).toEqual([]);
  });

  test('forgets an object', async () => {
    writer.put(THING, 'ns/a', accepted('one'));
    await until('the first write', () => done() === 1);
    writer.put(THING, 'ns/a', accepted('two'));
    writer.forget(THING, 'ns/a');
    await clock.advance(10_000);
    expect(message()).toBe('one');
  });
});
