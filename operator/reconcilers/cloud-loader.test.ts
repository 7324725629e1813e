import type { KubernetesObject } from '../../crds/object-meta.ts';
import { BACKOFF } from '../cluster/backoff.ts';
import type { KubeClient } from '../cluster/kube-client.ts';
import { HandClock } from '../cluster/testing/hand-clock.ts';
import { ScriptedApiServer } from '../cluster/testing/scripted-api-server.ts';
import { CloudLoader } from './cloud-loader.ts';

const NODES = '/api/v1/nodes';

describe('Nodes', () => {
  let server: ScriptedApiServer;
  let client: KubeClient;
  let clock: HandClock;
  let loader: CloudLoader;
  let held: Map<string, KubernetesObject>;
  let why: string | undefined;
  let denied: number | undefined;

  beforeEach(async () => {
    server = await ScriptedApiServer.start();
    client = server.client();
    clock = new HandClock();
    held = new Map();
    why = undefined;
    denied = undefined;
    server.intercept = (_, response) => {
      if (denied === undefined) return false;
      response.writeHead(denied, { 'content-type': 'application/json' }).end('{}');
      return true;
    };
    const controlPlane = {
      put: (object: KubernetesObject) => void held.set(object.metadata.name, object),
      remove: (_kind: string, name: string) => void held.delete(name),
      unreadable: (_kind: string, reason: string | undefined) => {
        why = reason;
      },
    };
    loader = new CloudLoader({ client, controlPlane, clock, random: () => 1 });
  });
  afterEach(async () => {
    loader.stop();
    await client.close();
    await server.stop();
  });

  const node = (name: string, providerID?: string): KubernetesObject =>
    server.put(NODES, {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, labels: { large: 'yes' } },
      spec: { ...(providerID === undefined ? {} : { providerID }), podCIDR: '10.0.0.0/24' },
      status: { images: [] },
    });
  const lookedAt = (): number => server.requests.length;
  /** Turns the clock as far as the longest wait, and waits for what then goes out. */
  async function later(): Promise<void> {
    const before = lookedAt();
    await clock.advance(BACKOFF.longest);
    while (lookedAt() === before || (clock.waits.length === 0 && held.size === 0)) await new Promise((resolve) => setImmediate(resolve));
  }

  test('are not asked for as long as nobody has to know', async () => {
    node('n1', 'gce://p/z/n1');
    await loader.require('a/b', false);
    expect([lookedAt(), clock.waits]).toEqual([0, []]);
  });

  test('one is asked for, once, and nothing of it is kept but where it comes from', async () => {
    node('n1', 'gce://p/z/n1');
    node('n2', 'gce://p/z/n2');
    await Promise.all([loader.require('a/b', true), loader.require('a/c', true)]);
    await loader.require('a/b', true);
    expect(server.requests.map(({ path, query }) => `${path} ${query}`)).toEqual([`${NODES} limit=1`]);
    expect([...held.values()]).toEqual([
      { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' }, spec: { providerID: 'gce://p/z/n1' } },
    ]);
    expect(clock.waits).toEqual([]);
  });

  test('without the right to read them nobody waits, the reason is told, and the right may come later', async () => {
    node('n1', 'gce://p/z/n1');
    denied = 403;
    await loader.require('a/b', true);
    expect([why, held.size]).toEqual(['the operator may not read nodes; grant it the verb list on them', 0]);
    await loader.require('a/c', true);
    expect([lookedAt(), clock.waits.length]).toEqual([1, 1]);
    denied = undefined;
    await later();
    await loader.require('a/b', true);
    expect([why, held.size, clock.waits]).toEqual([undefined, 1, []]);
  });

  test('one that the cloud has not given an ID yet is looked at again, and gives way to another', async () => {
    node('n2');
    await loader.require('a/b', true);
    expect(held.get('n2')).toMatchObject({ spec: {} });
    node('n1', 'aws:///z/i-1');
    await clock.advance(BACKOFF.longest);
    await loader.require('a/c', true);
    expect([...held.keys()]).toEqual(['n1']);
  });

  test('when nobody has to know any more nobody looks, and the next one who has to looks at once', async () => {
    await loader.require('a/b', true);
    expect(clock.waits).toHaveLength(1);
    await loader.require('a/b', false);
    expect(clock.waits).toEqual([]);
    node('n1', 'gce://p/z/n1');
    await loader.require('a/c', true);
    expect([lookedAt(), held.size]).toEqual([2, 1]);
  });

  test('a server that fails keeps no Gateway from entering, and is asked again', async () => {
    denied = 500;
    await loader.require('a/b', true);
    expect(why).toMatch(/^nodes cannot be read at present: .*[^.]$/);
    node('n1', 'gce://p/z/n1');
    denied = undefined;
    await later();
    await loader.require('a/b', true);
    expect([why, held.size]).toEqual([undefined, 1]);
  });
});
