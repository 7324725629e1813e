import type { KubernetesObject } from '../../crds/object-meta.ts';
import { type KubernetesServer, startKubernetesServer } from '../../e2e/harness/kubernetes-server.ts';
import { applyObject } from '../cluster/apply.ts';
import { EventRecorder } from '../cluster/events.ts';
import { type KubeClient, loadKubeClient } from '../cluster/kube-client.ts';
import type { KubernetesError } from '../cluster/kubernetes-error.ts';
import type { ResourceKind } from '../cluster/resource-kind.ts';
import { CONFIG_MAP, configMap, DEFINITION, WIDGET, widget, widgetDefinition } from '../cluster/testing/real-kinds.ts';
import { until } from '../cluster/testing/until.ts';
import { GatewayOperator } from '../gateway-operator.ts';
import type { DesiredStatus } from './desired-status.ts';
import { type StatusProblem, StatusWriter } from './writer.ts';

const OURS = 'gateway.envoyproxy.io/gatewayclass-controller';
const FINALIZER = 'example.com/in-use';
const CORE_EVENT: ResourceKind = { group: '', version: 'v1', kind: 'Event', plural: 'events', namespaced: true };

interface WidgetStatus {
  readonly conditions?: readonly { readonly type: string; readonly message: string; readonly lastTransitionTime: string }[];
  readonly parents?: readonly { readonly controllerName: string }[];
}

// Boundary: what was written, as the server has it.
const statusOf = (object: KubernetesObject | undefined): WidgetStatus => (object?.status ?? {}) as WidgetStatus;

const desired = (message: string): DesiredStatus => ({
  conditions: [{ type: 'Accepted', status: 'True', reason: 'Accepted', message, observedGeneration: 1 }],
  parents: [
    {
      parentRef: { name: 'gw' },
      controllerName: OURS,
      conditions: [{ type: 'Accepted', status: 'True', reason: 'Accepted', message, observedGeneration: 1 }],
    },
  ],
});

describe('Writing to a real API server', () => {
  let server: KubernetesServer;
  let client: KubeClient;
  let operator: GatewayOperator;
  let writer: StatusWriter;
  let problems: StatusProblem[];
  let contests: string[];
  let reconciled: string[];

  beforeAll(async () => {
    server = await startKubernetesServer();
    client = loadKubeClient({ kubeconfig: server.kubeconfigPath });
    await client.create(DEFINITION, widgetDefinition);
    const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
    operator = new GatewayOperator({ client, logger: quiet });
    operator.register({ kind: WIDGET, reconcile: (key) => void reconciled.push(key) });
    problems = [];
    contests = [];
    reconciled = [];
    await operator.start();
    await operator.synced;
    await until('the kind', () => operator.problems.length === 0);
    writer = new StatusWriter({
      client,
      ownership: { controllerName: OURS },
      live: (kind, key) => operator.object(kind, key),
      onProblem: (problem) => problems.push(problem),
      onContest: (_, key) => contests.push(key),
    });
  }, 300_000);

  afterAll(async () => {
    writer.stop();
    await operator.stop();
    await client.close();
    await server.stop();
  });

  const known = (name: string): KubernetesObject | undefined => operator.object(WIDGET, `default/${name}`);
  const create = async (name: string): Promise<void> => {
    await client.create(WIDGET, widget(name));
    await until('the echo', () => known(name) !== undefined);
  };
  const shows = (name: string, message: string): Promise<void> =>
    until(message, () => statusOf(known(name)).conditions?.some((condition) => condition.message === message) === true);

  test('writes a status, then only what changes, and leaves the rest of others', async () => {
    await create('a');
    writer.put(WIDGET, 'default/a', desired('one'));
    await shows('a', 'one');
    const time = statusOf(known('a')).conditions?.[0]?.lastTransitionTime;
    const foreign = { parentRef: { name: 'theirs' }, controllerName: 'example.com/other', conditions: [] };
    const condition = { type: 'example.com/A', status: 'True', reason: 'X', message: 'theirs', lastTransitionTime: '2020-01-01T00:00:00Z' };
    const operations = [
      { op: 'add', path: '/status/parents/0', value: foreign },
      { op: 'add', path: '/status/conditions/0', value: condition },
    ];
    await client.patch(WIDGET, 'default/a', { type: 'json', operations }, { subresource: 'status' });
    await shows('a', 'theirs');
    writer.put(WIDGET, 'default/a', desired('two'));
    await shows('a', 'two');
    expect(statusOf(known('a'))).toMatchObject({
      conditions: [condition, { message: 'two', lastTransitionTime: time, observedGeneration: 1 }],
      parents: [foreign, { controllerName: OURS, conditions: [{ message: 'two' }] }],
    });
    // The watch may tell of a write before its answer comes.
    await writer.flush();
    const { written } = writer.counters;
    writer.put(WIDGET, 'default/a', desired('two'));
    await writer.flush();
    expect(writer.counters.written).toBe(written);
    expect(problems.filter(({ key }) => key === 'default/a')).toEqual([]);
  }, 30_000);

  test('gets through against others who write the same object', async () => {
    await create('b');
    const { conflicts } = writer.counters;
    let busy = true;
    const others = (async () => {
      for (let i = 0; busy; i++) await client.patch(WIDGET, 'default/b', { type: 'merge', body: { spec: { i } } });
    })();
    for (const message of ['one', 'two', 'three']) {
      writer.put(WIDGET, 'default/b', desired(message));
      await shows('b', message);
    }
    await until('a conflict', () => {
      writer.put(WIDGET, 'default/b', desired(`again ${performance.now()}`));
      return writer.counters.conflicts > conflicts;
    });
    busy = false;
    await others;
    writer.put(WIDGET, 'default/b', desired('last'));
    await shows('b', 'last');
  }, 30_000);

  test('reports a status that the schema refuses, in the words of the server', async () => {
    await create('c');
    writer.put(WIDGET, 'default/c', desired('x'.repeat(1001)));
    const problem = (): StatusProblem | undefined => problems.find(({ key }) => key === 'default/c');
    await until('the report', () => problem() !== undefined);
    expect(problem()?.final).toBe(true);
    expect(problem()?.message).toMatch(/status\.conditions\[0\]\.message/);
  }, 30_000);

  test('drops the status of an object that is gone', async () => {
    const { gone } = writer.counters;
    writer.put(WIDGET, 'default/nobody', desired('one'));
    await until('it is dropped', () => writer.counters.gone === gone + 1);
  }, 30_000);

  test('keeps a finalizer while it is in use, and lets the object go after that', async () => {
    await create('d');
    const keep = (inUse: boolean) => operator.keepFinalizer(WIDGET, 'default/d', { finalizer: FINALIZER, inUse });
    await keep(true);
    await until('the finalizer', () => known('d')?.metadata.finalizers?.includes(FINALIZER) === true);
    await client.delete(WIDGET, 'default/d');
    await until('the wish to delete', () => known('d')?.metadata.deletionTimestamp !== undefined);
    await keep(true);
    expect((await client.get(WIDGET, 'default/d')).metadata.finalizers).toEqual([FINALIZER]);
    await keep(false);
    await until('the end', () => known('d') === undefined);
    expect(reconciled.filter((key) => key === 'default/d').length).toBeGreaterThanOrEqual(4);
  }, 30_000);

  test('applies what is ours, gives up what we no longer name, and does not take what others own', async () => {
    const one = await applyObject(client, CONFIG_MAP, configMap('e', { ours: '1', old: '1' }));
    expect(one).toMatchObject({ data: { ours: '1', old: '1' } });
    await client.patch(CONFIG_MAP, 'default/e', { type: 'merge', body: { data: { theirs: '1' } } });
    const two = await applyObject(client, CONFIG_MAP, configMap('e', { ours: '2' }));
    expect(two).toMatchObject({ data: { ours: '2', theirs: '1' } });
    expect(two).not.toMatchObject({ data: { old: '1' } });
    const conflict = await applyObject(client, CONFIG_MAP, configMap('e', { theirs: '2' }), { fieldManager: 'somebody-else' }).then(
      () => undefined,
      (error: KubernetesError) => error,
    );
    expect(conflict).toMatchObject({ status: 409, reason: 'Conflict' });
    expect(JSON.stringify(conflict?.details['causes'])).toContain('.data.theirs');
    const three = await applyObject(client, CONFIG_MAP, configMap('e', { theirs: '2' }), { fieldManager: 'somebody-else', force: true });
    expect(three).toMatchObject({ data: { theirs: '2' } });
  }, 30_000);

  test('writes events that kubectl shows, and counts what is said again', async () => {
    const recorder = new EventRecorder({ client, controller: OURS, instance: 'test' });
    await create('f');
    const object = known('f') ?? widget('f');
    const say = (): void => recorder.record({ object, type: 'Warning', reason: 'Refused', action: 'Translate', message: 'It is wrong.' });
    say();
    await recorder.flush();
    for (let i = 0; i < 3; i++) say();
    await recorder.flush();
    const uid = object.metadata.uid ?? '';
    const { items } = await client.list(CORE_EVENT, { namespace: 'default', fieldSelector: `involvedObject.uid=${uid}` });
    expect(items).toMatchObject([{ reason: 'Refused', message: 'It is wrong.', type: 'Warning', series: { count: 4 } }]);
    expect(recorder.counters).toEqual({ recorded: 1, dropped: 0 });
    recorder.stop();
  }, 30_000);
});
