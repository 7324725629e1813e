import type { KubernetesObject } from '../crds/object-meta.ts';
import { type KubernetesServer, startKubernetesServer } from '../e2e/harness/kubernetes-server.ts';
import { applyObject } from './cluster/apply.ts';
import { type KubeClient, loadKubeClient } from './cluster/kube-client.ts';
import type { ResourceKind } from './cluster/resource-kind.ts';
import { CONFIG_MAP } from './cluster/testing/real-kinds.ts';
import { until } from './cluster/testing/until.ts';
import { GatewayOperator } from './gateway-operator.ts';
import { type WatchScope, watchScopeOf } from './watch-scope.ts';

const NAMESPACE: ResourceKind = { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false };
const rbac = { group: 'rbac.authorization.k8s.io', version: 'v1' } as const;
const KINDS: readonly ResourceKind[] = [
  CONFIG_MAP,
  NAMESPACE,
  { ...rbac, kind: 'Role', plural: 'roles', namespaced: true },
  { ...rbac, kind: 'RoleBinding', plural: 'rolebindings', namespaced: true },
];

const READ = ['get', 'list', 'watch'];
const HOME = 'home';

const namespaces = (...names: readonly string[]): WatchScope => watchScopeOf({ type: 'Namespaces', namespaces: names }, HOME);
const labelled = (env: string): WatchScope =>
  watchScopeOf({ type: 'NamespaceSelector', namespaceSelector: { matchLabels: { env } } }, HOME);

describe('Which namespaces are followed', () => {
  let server: KubernetesServer;
  let admin: KubeClient;
  let client: KubeClient;
  let operator: GatewayOperator;
  let told: string[];
  let reconciled: string[];
  let logged: string[];
  let synced: boolean;

  const apply = (
    object: Pick<KubernetesObject, 'apiVersion' | 'kind' | 'metadata'> & Readonly<Record<string, unknown>>,
  ): Promise<unknown> => {
    const kind = KINDS.find((each) => each.kind === object.kind);
    if (kind === undefined) throw new Error(object.kind);
    return applyObject(admin, kind, object, { fieldManager: 'test', force: true });
  };
  const namespace = (name: string, labels: Record<string, string> = {}) =>
    apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
  const configMap = (namespace_: string, name: string) =>
    apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: namespace_, name }, data: {} });
  /** What the user `restricted` may do in a namespace. */
  const grant = async (namespace_: string, ...rules: readonly object[]): Promise<void> => {
    const metadata = { namespace: namespace_, name: 'operator' };
    const apiVersion = 'rbac.authorization.k8s.io/v1';
    await apply({ apiVersion, kind: 'Role', metadata, rules });
    const roleRef = { apiGroup: rbac.group, kind: 'Role', name: 'operator' };
    await apply({
      apiVersion,
      kind: 'RoleBinding',
      metadata,
      roleRef,
      subjects: [{ apiGroup: rbac.group, kind: 'User', name: 'restricted' }],
    });
  };
  const read = (...resources: readonly string[]) => ({ apiGroups: [''], resources, verbs: READ });

  const start = async (scope: WatchScope | undefined, kubeconfig = server.kubeconfigPath): Promise<void> => {
    [told, reconciled, logged, synced] = [[], [], [], false];
    client = loadKubeClient({ kubeconfig });
    const log = (message: string): void => void logged.push(message);
    operator = new GatewayOperator({
      client,
      logger: { debug: () => undefined, info: log, warn: log, error: log },
      ...(scope === undefined ? {} : { scope }),
      onTrouble: (kind, problem, where) => told.push(`${kind.kind} ${where ?? '*'} ${problem?.reason ?? 'well'}`),
    });
    for (const kind of [CONFIG_MAP, NAMESPACE])
      operator.register({
        kind,
        reconcile: (key) => void reconciled.push(`${operator.object(kind, key) === undefined ? '-' : '+'}${key}`),
      });
    void operator.synced.then(() => {
      synced = true;
    });
    await operator.start();
  };
  const maps = (): readonly string[] => [...operator.keys(CONFIG_MAP)].filter((key) => !/kube|default/.test(key)).sort();
  const are = (...expected: readonly string[]): Promise<void> =>
    until(`${expected}`, () => JSON.stringify(maps()) === JSON.stringify(expected));

  beforeAll(async () => {
    server = await startKubernetesServer();
    admin = loadKubeClient({ kubeconfig: server.kubeconfigPath });
    await namespace(HOME);
    await namespace('a', { env: 'prod' });
    await namespace('b', { env: 'prod' });
    await namespace('c', { env: 'test' });
    for (const name of [HOME, 'a', 'b', 'c']) await configMap(name, 'm');
    await grant(HOME, read('configmaps', 'namespaces'));
    await grant('a', read('configmaps', 'namespaces'));
    await grant('b', read('configmaps'));
  }, 300_000);

  afterEach(async () => {
    await operator.stop();
    await client.close();
  });
  afterAll(async () => {
    await admin.close();
    await server.stop();
  });

  test('named ones and the own one, and nothing of others', async () => {
    await start(namespaces('a'));
    await operator.synced;
    expect(maps()).toEqual(['a/m', 'home/m']);
    await configMap('b', 'late');
    await configMap('a', 'late');
    await are('a/late', 'a/m', 'home/m');
    expect(reconciled.filter((key) => /^.[bc]\//.test(key))).toEqual([]);
    expect(operator.problems).toEqual([]);
    await admin.delete(CONFIG_MAP, 'a/late');
    await admin.delete(CONFIG_MAP, 'b/late');
    await are('a/m', 'home/m');
  });

  test('with rights in these namespaces alone: namespaces are read one by one, and the one that may not be read is named', async () => {
    await start(namespaces('a', 'b'), server.restrictedKubeconfigPath);
    await operator.synced;
    expect(maps()).toEqual(['a/m', 'b/m', 'home/m']);
    const labels = (name: string) => operator.object(NAMESPACE, name)?.metadata.labels;
    expect(labels('a')).toMatchObject({ env: 'prod' });
    expect(labels('b')).toEqual({ 'kubernetes.io/metadata.name': 'b' });
    expect(told).toEqual(['Namespace * Forbidden', 'Namespace b Forbidden']);
    expect(logged.join('\n')).toContain('Grant the verb get on namespaces in namespace b');
  });

  test('a namespace without rights delays no other, and is taken in when the rights come', async () => {
    await start(namespaces('a', 'c'), server.restrictedKubeconfigPath);
    await operator.synced;
    expect(maps()).toEqual(['a/m', 'home/m']);
    expect(told).toContain('ConfigMap c Forbidden');
    expect(logged.join('\n')).toContain('Grant the verbs get, list and watch on configmaps in namespace c');
    await grant('c', read('configmaps'));
    await are('a/m', 'c/m', 'home/m');
    await until('the all-clear', () => told.includes('ConfigMap c well'));
    await admin.delete({ ...rbac, kind: 'Role', plural: 'roles', namespaced: true }, 'c/operator');
  });

  test('by labels, which may change', async () => {
    await start(labelled('prod'));
    await operator.synced;
    expect(maps()).toEqual(['a/m', 'b/m', 'home/m']);
    expect(reconciled).not.toContain('+c/m');
    await namespace('c', { env: 'prod' });
    await are('a/m', 'b/m', 'c/m', 'home/m');
    await until('c is told', () => reconciled.includes('+c/m'));
    await namespace('b', { env: 'test' });
    await are('a/m', 'c/m', 'home/m');
    await until('b is told', () => reconciled.includes('-b/m'));
    await configMap('b', 'unseen');
    await configMap('a', 'seen');
    await are('a/m', 'a/seen', 'c/m', 'home/m');
    expect(reconciled.filter((key) => key.includes('unseen'))).toEqual([]);
    await admin.delete(CONFIG_MAP, 'a/seen');
    await admin.delete(CONFIG_MAP, 'b/unseen');
    await namespace('b', { env: 'prod' });
    await namespace('c', { env: 'test' });
    await are('a/m', 'b/m', 'home/m');
  });

  test('labels that nobody may read decide nothing: it is not in sync before', async () => {
    await start(labelled('prod'), server.restrictedKubeconfigPath);
    await until('the refusals', () => told.length >= 2);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(synced).toBe(false);
  });

  test('another scope touches only what it changes', async () => {
    await start(namespaces('a'));
    await operator.synced;
    reconciled.length = 0;
    operator.rescope(namespaces('a', 'b'));
    await are('a/m', 'b/m', 'home/m');
    await until('b is told', () => reconciled.length > 0);
    operator.rescope(labelled('test'));
    await are('c/m', 'home/m');
    operator.rescope(namespaces('c'));
    operator.rescope({ type: 'All' });
    await are('a/m', 'b/m', 'c/m', 'home/m');
    operator.rescope(namespaces('c'));
    await are('c/m', 'home/m');
    await configMap('c', 'still');
    await are('c/m', 'c/still', 'home/m');
    await admin.delete(CONFIG_MAP, 'c/still');
    await are('c/m', 'home/m');
    expect(reconciled.filter((key) => key.endsWith('home/m'))).toEqual([]);
    expect(reconciled.filter((key) => key.endsWith('a/m') || key.endsWith('b/m'))).toEqual([
      '+b/m',
      '-a/m',
      '-b/m',
      '+a/m',
      '+b/m',
      '-a/m',
      '-b/m',
    ]);
  });
});
