import { KubeConfig } from '@kubernetes/client-node';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { type KubernetesServer, startKubernetesServer } from '../../e2e/harness/kubernetes-server.ts';
import { ClusterAccess } from './cluster-access.ts';
import { KubeClient, loadKubeClient, type ReadOptions } from './kube-client.ts';
import { KubernetesError } from './kubernetes-error.ts';
import { Reflector, type ReflectorEvent } from './reflector.ts';
import { keyOf, type ResourceKind } from './resource-kind.ts';
import { CuttableProxy } from './testing/cuttable-proxy.ts';
import { CONFIG_MAP, configMap, DEFINITION, SECRET, WIDGET, widget, widgetDefinition } from './testing/real-kinds.ts';
import { until } from './testing/until.ts';
import type { WatchProblem } from './watch-problem.ts';

/** Counts its lists; may be told that the server streams none. */
class CountingClient extends KubeClient {
  lists = 0;
  streams = true;

  override list(...args: Parameters<KubeClient['list']>): ReturnType<KubeClient['list']> {
    this.lists += 1;
    return super.list(...args);
  }

  override watch(kind: ResourceKind, query: Parameters<KubeClient['watch']>[1], options?: ReadOptions): ReturnType<KubeClient['watch']> {
    if (this.streams || query['sendInitialEvents'] !== true) return super.watch(kind, query, options);
    return Promise.reject(new KubernetesError({ status: 422, reason: 'Invalid', message: 'sendInitialEvents is forbidden' }));
  }
}

describe('Reflector, on a real API server', () => {
  let server: KubernetesServer;
  let proxy: CuttableProxy;
  let direct: KubeClient;
  let client: CountingClient;
  let stopping: AbortController;
  let runs: Promise<void>[];

  /** Through the proxy, as the user with this kubeconfig. */
  const behindProxy = (kubeconfig: string): CountingClient =>
    new CountingClient(
      new ClusterAccess(() => {
        const config = new KubeConfig();
        config.loadFromFile(kubeconfig);
        config.clusters = config.clusters.map((cluster) => ({ ...cluster, server: `https://127.0.0.1:${proxy.port}` }));
        return config;
      }),
    );

  beforeAll(async () => {
    server = await startKubernetesServer();
    direct = loadKubeClient({ kubeconfig: server.kubeconfigPath });
  }, 300_000);

  afterAll(async () => {
    await direct.close();
    await server.stop();
  });

  beforeEach(async () => {
    proxy = await CuttableProxy.start(Number(new URL(server.url).port));
    client = behindProxy(server.kubeconfigPath);
    stopping = new AbortController();
    runs = [];
  });

  afterEach(async () => {
    stopping.abort();
    await Promise.all(runs);
    await client.close();
    await proxy.stop();
  });

  const follow = (kind: ResourceKind, by: KubeClient = client) => {
    const known = new Map<string, KubernetesObject>();
    const events: ReflectorEvent[] = [];
    const problems: (WatchProblem | undefined)[] = [];
    const follower = { known, events, problems, lists: 0, wake: () => reflector.wake() };
    const reflector = new Reflector({
      client: by,
      kind,
      scope: kind.namespaced ? { namespace: 'default' } : {},
      onEvent: (event) => {
        events.push(event);
        if (event.type === 'put') known.set(event.key, event.object);
        else known.delete(event.key);
      },
      onListed: () => {
        follower.lists += 1;
      },
      onTrouble: (problem) => problems.push(problem),
    });
    runs.push(reflector.run(stopping.signal));
    return follower;
  };

  /** The keys of the objects of a test, which all start with its own letter. */
  const names = (known: ReadonlyMap<string, KubernetesObject>, letter: string): string[] =>
    [...known.keys()].filter((key) => key.startsWith(`default/${letter}-`)).sort();

  test('streams the list, then what changes', async () => {
    await direct.create(CONFIG_MAP, configMap('a-one', { text: 'Zürich 🏰' }));
    const follower = follow(CONFIG_MAP);
    await until('the list', () => follower.lists === 1);
    expect(follower.known.get('default/a-one')).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap', data: { text: 'Zürich 🏰' } });
    expect(follower.known.get('default/a-one')?.metadata).not.toHaveProperty('managedFields');
    expect(client.lists).toBe(0);
    await direct.create(CONFIG_MAP, configMap('a-two'));
    await until('the second', () => follower.known.has('default/a-two'));
    await direct.delete(CONFIG_MAP, 'default/a-one');
    await until('the deletion', () => !follower.known.has('default/a-one'));
  }, 30_000);

  test('lists pages, then watches, where lists are not streamed', async () => {
    client.streams = false;
    const many = Array.from({ length: 640 }, (_, i) => configMap(`b-${i}`));
    for (let i = 0; i < many.length; i += 32) await Promise.all(many.slice(i, i + 32).map((one) => direct.create(CONFIG_MAP, one)));
    const follower = follow(CONFIG_MAP);
    await until('the list', () => follower.lists === 1);
    expect(names(follower.known, 'b')).toHaveLength(640);
    expect(client.lists).toBe(2);
    await direct.create(CONFIG_MAP, configMap('b-late'));
    await until('the late one', () => follower.known.has('default/b-late'));
  }, 60_000);

  test('finds what came, changed and went while the way was cut, and goes on without a list', async () => {
    for (const name of ['c-stays', 'c-changes', 'c-goes']) await direct.create(CONFIG_MAP, configMap(name));
    const follower = follow(CONFIG_MAP);
    await until('the list', () => follower.lists === 1);
    const before = follower.events.length;
    proxy.cut();
    await until('the trouble', () => follower.problems.at(-1)?.reason === 'Unreachable');
    await direct.delete(CONFIG_MAP, 'default/c-goes');
    await direct.patch(CONFIG_MAP, 'default/c-changes', { type: 'merge', body: { data: { new: 'yes' } } });
    await direct.create(CONFIG_MAP, configMap('c-comes'));
    proxy.mend();
    await until('all three', () => follower.events.length === before + 3);
    expect(names(follower.known, 'c')).toEqual(['default/c-changes', 'default/c-comes', 'default/c-stays']);
    expect(follower.lists).toBe(1);
    expect(follower.problems.at(-1)).toBeUndefined();
  }, 30_000);

  test('lists again after 410 and tells the difference only', async () => {
    for (const name of ['d-stays', 'd-changes', 'd-goes']) await direct.create(CONFIG_MAP, configMap(name));
    const follower = follow(CONFIG_MAP);
    await until('the list', () => follower.lists === 1);
    const before = follower.events.length;
    proxy.cut();
    await direct.delete(CONFIG_MAP, 'default/d-goes');
    await direct.patch(CONFIG_MAP, 'default/d-changes', { type: 'merge', body: { data: { new: 'yes' } } });
    await direct.create(CONFIG_MAP, configMap('d-comes'));
    // A server that has just started remembers no changes of before: whoever wants to go on from there gets 410.
    await server.stopApiServer();
    await server.startApiServer();
    proxy.mend();
    await until('the second list', () => follower.lists === 2);
    expect(
      follower.events
        .slice(before)
        .map(({ type, key }) => `${type} ${key}`)
        .sort(),
    ).toEqual(['delete default/d-goes', 'put default/d-changes', 'put default/d-comes']);
  }, 90_000);

  test('reports a kind that it may not read, follows the others meanwhile, and that one once it may', async () => {
    const restricted = behindProxy(server.restrictedKubeconfigPath);
    const allow = async (resource: string): Promise<void> => {
      const metadata = { name: `read-${resource}`, namespace: 'default' };
      const group = 'rbac.authorization.k8s.io';
      const apiVersion = `${group}/v1`;
      const role = { apiVersion, kind: 'Role', metadata, rules: [{ apiGroups: [''], resources: [resource], verbs: ['list', 'watch'] }] };
      const roleRef = { apiGroup: group, kind: 'Role', name: metadata.name };
      const subjects = [{ apiGroup: group, kind: 'User', name: 'restricted' }];
      const base = { group, version: 'v1', namespaced: true };
      await direct.create({ ...base, kind: 'Role', plural: 'roles' }, role);
      const binding = { apiVersion, kind: 'RoleBinding', metadata, roleRef, subjects };
      await direct.create({ ...base, kind: 'RoleBinding', plural: 'rolebindings' }, binding);
    };
    await allow('configmaps');
    const maps = follow(CONFIG_MAP, restricted);
    const secrets = follow(SECRET, restricted);
    await until('the config maps', () => maps.lists === 1);
    await until('the trouble', () => secrets.problems.length > 0);
    expect(secrets.problems[0]).toMatchObject({ reason: 'Forbidden' });
    expect(secrets.problems[0]?.message).toMatch(/Grant the verbs get, list and watch on secrets/);
    expect(secrets.lists).toBe(0);
    await allow('secrets');
    await until('the secrets', () => secrets.lists === 1);
    expect(secrets.problems.at(-1)).toBeUndefined();
    stopping.abort();
    await Promise.all(runs);
    await restricted.close();
  }, 60_000);

  test('takes an absent kind for empty, finds it when it is created, and notices when it goes', async () => {
    const follower = follow(WIDGET);
    await until('the empty list', () => follower.lists > 0);
    expect(follower.problems.map((problem) => problem?.reason)).toEqual(['NotServed']);
    await direct.create(DEFINITION, widgetDefinition);
    const object = widget('e-one');
    await until('the kind', () => follower.problems.at(-1) === undefined);
    await direct.create(WIDGET, object);
    await until('the object', () => follower.known.has(keyOf(object.metadata)));
    await direct.delete(DEFINITION, 'widgets.example.com');
    await until('the end', () => follower.known.size === 0);
    await until('the report', () => follower.problems.at(-1)?.reason === 'NotServed');
  }, 60_000);
});
