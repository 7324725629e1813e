import type { KubeClient } from './kube-client.ts';
import { alwaysLeading, type ClusterWrites, type Leadership, NotLeadingError, writesOfTheLeader } from './leadership.ts';
import { THING, THINGS, thing } from './testing/follower.ts';
import { ScriptedApiServer } from './testing/scripted-api-server.ts';
import { until } from './testing/until.ts';

describe('Writes of the leader', () => {
  let server: ScriptedApiServer;
  let client: KubeClient;
  let term: AbortController | undefined;
  let writes: ClusterWrites;
  const leadership: Leadership = {
    get term() {
      return term?.signal;
    },
    onLeading: () => undefined,
  };
  const all = (): readonly Promise<unknown>[] => [
    writes.create(THING, thing('new')),
    writes.patch(THING, 'ns/a', { type: 'merge', body: { spec: 2 } }),
    writes.delete(THING, 'ns/a'),
  ];

  beforeEach(async () => {
    server = await ScriptedApiServer.start();
    client = server.client();
    server.put(THINGS, thing('a', 1));
    term = new AbortController();
    writes = writesOfTheLeader(client, leadership);
  });
  afterEach(async () => {
    await client.close();
    await server.stop();
  });

  test('go out during a term', async () => {
    await Promise.all(all());
    expect(server.all(THINGS).map(({ metadata }) => metadata.name)).toEqual(['new']);
  });

  test('do not go out outside of one; reads do', async () => {
    term = undefined;
    for (const write of await Promise.allSettled(all())) expect(write).toMatchObject({ reason: expect.any(NotLeadingError) });
    expect(server.requests).toEqual([]);
    expect((await writes.get(THING, 'ns/a')).spec).toBe(1);
  });

  test('that had to wait, for instance for credentials, look again before they go out', async () => {
    const asked = Promise.allSettled(all());
    // Nothing is told of the end: so it is for a process that was frozen.
    term = undefined;
    for (const write of await asked) expect(write).toMatchObject({ reason: expect.any(NotLeadingError) });
    expect(server.requests).toEqual([]);
  });

  test('are aborted with the term, or by whoever asked for them', async () => {
    server.intercept = () => true;
    const own = new AbortController();
    const [first, second] = [
      writes.patch(THING, 'ns/a', { type: 'merge', body: {} }, { signal: own.signal }).catch((error: unknown) => error),
      Promise.allSettled(all()),
    ];
    await until('all under way', () => server.requests.length === 4);
    own.abort(new Error('changed my mind'));
    expect(await first).toMatchObject({ message: 'changed my mind' });
    term?.abort(new NotLeadingError());
    for (const write of await second) expect(write).toMatchObject({ reason: expect.any(NotLeadingError) });
  });

  test('one that is alone always leads', () => {
    const told: boolean[] = [];
    alwaysLeading.onLeading((leading) => told.push(leading));
    expect([told, alwaysLeading.term?.aborted]).toEqual([[true], false]);
  });
});
