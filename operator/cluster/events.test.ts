import type { KubernetesObject } from '../../crds/object-meta.ts';
import { EventRecorder } from './events.ts';
import type { KubeClient } from './kube-client.ts';
import { thing } from './testing/follower.ts';
import { HandClock } from './testing/hand-clock.ts';
import { fail, ScriptedApiServer } from './testing/scripted-api-server.ts';
import { until } from './testing/until.ts';

const EVENTS = '/apis/events.k8s.io/v1/events';

interface WrittenEvent extends KubernetesObject {
  readonly reason: string;
  readonly note: string;
  readonly series?: { readonly count: number };
  readonly regarding: Readonly<Record<string, string>>;
}

describe('EventRecorder', () => {
  let server: ScriptedApiServer;
  let client: KubeClient;
  let clock: HandClock;
  let recorder: EventRecorder;

  beforeEach(async () => {
    server = await ScriptedApiServer.start();
    client = server.client();
    clock = new HandClock();
    recorder = new EventRecorder({ client, controller: 'test.io/controller', instance: 'pod-1', clock });
  });

  afterEach(async () => {
    recorder.stop();
    await client.close();
    await server.stop();
  });

  // Boundary: what the recorder wrote, as the server has it.
  const written = (): readonly WrittenEvent[] => server.all(EVENTS) as readonly WrittenEvent[];

  const say = (message: string, name = 'a'): void =>
    recorder.record({ object: thing(name), type: 'Warning', reason: 'Refused', action: 'Translate', message });

  test('a follower records nothing and drops what waits', async () => {
    server.intercept = ({ method }) => method === 'POST';
    for (const name of ['a', 'b', 'c', 'd']) say('waits', name);
    await until('two under way', () => server.requests.length === 2);
    recorder.lead(false);
    say('unheard', 'e');
    server.intercept = () => false;
    await client.close();
    expect(written()).toEqual([]);
    expect(server.requests).toHaveLength(2);
  });

  test('writes an event about an object', async () => {
    say('It is wrong.');
    await recorder.flush();
    expect(written()).toMatchObject([
      {
        apiVersion: 'events.k8s.io/v1',
        kind: 'Event',
        eventTime: '2026-01-01T00:00:00.000000Z',
        reportingController: 'test.io/controller',
        reportingInstance: 'pod-1',
        type: 'Warning',
        reason: 'Refused',
        action: 'Translate',
        note: 'It is wrong.',
        regarding: { apiVersion: 'test.io/v1', kind: 'Thing', namespace: 'ns', name: 'a' },
      },
    ]);
    expect(written()[0]?.metadata.namespace).toBe('ns');
  });

  test('counts the same words within ten minutes, and starts anew after that', async () => {
    for (let i = 0; i < 3; i++) {
      say('It is wrong.');
      await recorder.flush();
      await clock.advance(300_000);
    }
    expect(written().map(({ series }) => series?.count)).toEqual([3]);
    await clock.advance(600_000);
    say('It is wrong.');
    await recorder.flush();
    expect(written().map(({ series }) => series?.count)).toEqual([3, undefined]);
  });

  test('makes one write of what is said many times in one turn', async () => {
    for (let i = 0; i < 10; i++) say('It is wrong.');
    await recorder.flush();
    expect(server.requests).toHaveLength(1);
    expect(written()[0]?.series?.count).toBe(10);
  });

  test('keeps other words, and other objects, apart', async () => {
    say('It is wrong.');
    say('It is very wrong.');
    say('It is wrong.', 'b');
    await recorder.flush();
    expect(written().map(({ note, regarding }) => `${regarding['name']} ${note}`)).toEqual(
      expect.arrayContaining(['a It is wrong.', 'a It is very wrong.', 'b It is wrong.']),
    );
    expect(written()).toHaveLength(3);
  });

  test('lets one object say so much and no more, and the others what they have to say', async () => {
    for (let i = 0; i < 40; i++) say(`Problem ${i}.`);
    say('Hello.', 'b');
    await recorder.flush();
    expect(written()).toHaveLength(26);
    expect(recorder.counters).toEqual({ recorded: 26, dropped: 15 });
    await clock.advance(10_000);
    say('One more.');
    say('Two more.');
    await recorder.flush();
    expect(written()).toHaveLength(27);
  });

  test('makes a new event when the old one has expired', async () => {
    say('It is wrong.');
    await recorder.flush();
    server.remove(EVENTS, `ns/${written()[0]?.metadata.name}`);
    await clock.advance(1_000);
    say('It is wrong.');
    await recorder.flush();
    expect(written().map(({ series }) => series?.count)).toEqual([2]);
  });

  test('cuts long messages between characters', async () => {
    say('🏰'.repeat(400));
    await recorder.flush();
    const note = written()[0]?.note ?? '';
    expect(Buffer.byteLength(note)).toBeLessThanOrEqual(1024);
    expect(note).toMatch(/^(🏰)+…$/u);
  });

  test('gives up on an event that is refused again and again, and lives on', async () => {
    server.intercept = (_, response) => {
      fail(response, 403, 'Forbidden');
      return true;
    };
    say('It is wrong.');
    await until('the first refusal', () => clock.waits.length === 1);
    await clock.advance(1_000);
    await until('the second refusal', () => clock.waits.length === 1);
    await clock.advance(1_000);
    await until('it is dropped', () => recorder.counters.dropped === 1);
    server.intercept = () => false;
    say('Something else.');
    await recorder.flush();
    expect(written().map(({ note }) => note)).toEqual(['Something else.']);
  });
});
