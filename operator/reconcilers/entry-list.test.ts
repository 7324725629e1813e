import type { KubernetesObject } from '../../crds/object-meta.ts';
import type { KubeClient } from '../cluster/kube-client.ts';
import { HandClock } from '../cluster/testing/hand-clock.ts';
import { fail, ScriptedApiServer } from '../cluster/testing/scripted-api-server.ts';
import { until } from '../cluster/testing/until.ts';
import { StoredEntryList } from './entry-list.ts';

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const NAME = 'xbackends.gateway.networking.x-k8s.io';

/** With these fields in its status; `v1` is a version that nobody reads. */
const definition = (...fields: readonly string[]): KubernetesObject => {
  const version = (name: string, known: readonly string[]): object => {
    const status = { properties: Object.fromEntries(known.map((field) => [field, { type: 'array' }])) };
    return { name, schema: { openAPIV3Schema: { properties: { status } } } };
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: NAME },
    spec: { versions: [version('v1', ['parents', 'ancestors']), version('v1alpha1', fields)] },
  };
};

describe('StoredEntryList', () => {
  let server: ScriptedApiServer;
  let client: KubeClient;
  let clock: HandClock;
  let changes: number;
  let troubles: string[];
  let list: StoredEntryList;
  let running: Promise<void>;
  let stop: AbortController;

  beforeEach(async () => {
    server = await ScriptedApiServer.start();
    client = server.client();
    clock = new HandClock();
    changes = 0;
    troubles = [];
    stop = new AbortController();
    const onChange = (): void => {
      changes += 1;
    };
    list = new StoredEntryList({ client, onChange, onTrouble: (why) => void troubles.push(why), clock });
  });
  afterEach(async () => {
    stop.abort();
    await running;
    await client.close();
    await server.stop();
  });

  const follow = (): void => {
    running = list.run(stop.signal);
  };

  test('takes the list that is there at once, and another one only when the API server has had time to take it too', async () => {
    server.put(DEFINITIONS, definition('parents'));
    follow();
    await until('the list of v1.6.3', () => list.current === 'parents');
    expect(changes).toBe(1);
    server.put(DEFINITIONS, definition('ancestors'));
    await until('it is in doubt', () => list.current === undefined);
    expect(changes).toBe(1);
    await clock.advance(4_999);
    expect([list.current, changes]).toEqual([undefined, 1]);
    await clock.advance(1);
    expect([list.current, changes]).toEqual(['ancestors', 2]);
    expect(server.requests.every(({ path }) => path === DEFINITIONS)).toBe(true);
  });

  test('knows none where the schema has neither, or the definition goes', async () => {
    server.put(DEFINITIONS, definition('ancestors'));
    follow();
    await until('the list', () => list.current === 'ancestors');
    server.put(DEFINITIONS, definition('others'));
    await until('it is gone', () => list.current === undefined);
    await clock.advance(60_000);
    expect([list.current, changes]).toEqual([undefined, 1]);
    server.put(DEFINITIONS, definition('parents'));
    await until('another', () => list.current === 'parents');
    server.remove(DEFINITIONS, NAME);
    await until('it is gone', () => list.current === undefined);
  });

  test('says why where definitions may not be read', async () => {
    server.intercept = ({ path }, response) => {
      fail(response, 403, 'Forbidden');
      return path === DEFINITIONS;
    };
    follow();
    await until('it is told', () => troubles.length === 1);
    expect(troubles[0]).toMatch(/customresourcedefinitions.apiextensions.k8s.io may not be listed and watched\. Grant the verbs/);
    expect(list.current).toBeUndefined();
  });
});
