import { jest } from '@jest/globals';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { describeInNamespace } from '../harness/describe-in-namespace.ts';
import { freePort } from '../harness/free-port.ts';
import { CONTROLLER, gateway, gatewayClass, httpRoute, redirectTo, serviceAt } from '../harness/gateway-objects.ts';
import type { OperatorProcess } from '../harness/operator-process.ts';
import { type ServedCluster, startServedCluster } from '../harness/served-cluster.ts';
import { conditionOf, resourceKind } from '../harness/test-cluster.ts';
import { until } from '../harness/until.ts';

jest.setTimeout(120_000);

// The API server has checked it against the CRD.
const parentsOf = (route: KubernetesObject): readonly object[] => (route.status as { parents: object[] }).parents;
const FOREIGN = 'example.com/another-controller';

describeInNamespace('a cluster with one Gateway', () => {
  let world: ServedCluster;
  let operator: OperatorProcess;
  let port: number;

  const find = (kind: string, key: string) => world.cluster.find(kind, key);
  const settles = (kind: string, key: string, fits: (object: KubernetesObject) => boolean): Promise<KubernetesObject> =>
    until(`${kind} ${key} is as expected`, async () => {
      const object = await find(kind, key);
      if (object !== undefined && fits(object)) return object;
      throw new Error(JSON.stringify(object?.status));
    });

  beforeAll(async () => {
    world = await startServedCluster();
    port = await freePort();
    await world.cluster.installCrds();
    operator = await world.operate();
    await operator.ready();
    await world.cluster.apply(
      gatewayClass('eg'),
      gateway('eg', [{ port }]),
      ...serviceAt('backend', world.network.address, 3000),
      httpRoute('backend', { host: 'www.example.com' }),
    );
  });
  afterAll(() => world.stop());

  test('the backend answers through Envoy', async () => {
    const answer = await world.answers({ port, host: 'www.example.com', path: '/get' }, 200);
    expect(JSON.parse(answer.body)).toMatchObject({ path: '/get', host: 'www.example.com', method: 'GET', pod: 'pod-3000' });
    expect((await world.get({ port, host: 'other.example.com' })).status).toBe(404);
  });

  test('the statuses say so', async () => {
    const served = await settles('Gateway', 'default/eg', (object) => conditionOf(object, 'Programmed')?.status === 'True');
    expect(conditionOf(served, 'Accepted')).toMatchObject({ status: 'True', reason: 'Accepted', observedGeneration: 1 });
    expect(conditionOf(served, 'Programmed')).toMatchObject({ reason: 'Programmed', observedGeneration: 1 });
    expect(served.status).toMatchObject({
      addresses: expect.arrayContaining([{ type: 'IPAddress', value: expect.any(String) }]),
      listeners: [
        {
          name: 'http',
          attachedRoutes: 1,
          supportedKinds: ['HTTPRoute', 'GRPCRoute'].map((kind) => ({ group: 'gateway.networking.k8s.io', kind })),
        },
      ],
    });
    expect(conditionOf(served, 'Programmed', { listener: 'http' })).toMatchObject({ status: 'True', observedGeneration: 1 });

    const route = await settles(
      'HTTPRoute',
      'default/backend',
      (object) => conditionOf(object, 'Accepted', { parent: 'eg' }) !== undefined,
    );
    expect(conditionOf(route, 'Accepted', { parent: 'eg' })).toMatchObject({ status: 'True', observedGeneration: 1 });
    expect(conditionOf(route, 'ResolvedRefs', { parent: 'eg' })).toMatchObject({ status: 'True', observedGeneration: 1 });

    const ours = await settles('GatewayClass', 'eg', (object) => conditionOf(object, 'Accepted')?.status === 'True');
    const { supportedFeatures } = ours.status as { supportedFeatures: { name: string }[] };
    const names = supportedFeatures.map(({ name }) => name);
    expect(names).toContain('HTTPRoute');
    expect(names).toEqual([...names].sort());
  });

  test('the metrics tell what was done: propagation, snapshots, statuses', async () => {
    const { body } = await operator.read('metrics', '/metrics');
    const countOf = (series: string): number =>
      Number(
        body
          .split('\n')
          .find((line) => line.startsWith(`${series} `))
          ?.slice(series.length),
      );
    expect(countOf('gatehouse_propagation_seconds_count{fleet="default/eg"}')).toBeGreaterThan(0);
    expect(countOf('gatehouse_proxies_synced{fleet="default/eg"}')).toBe(1);
    expect(countOf('xds_snapshot_create_total')).toBe(1);
    expect(countOf('xds_snapshot_update_total{nodeID="default/eg"}')).toBeGreaterThan(0);
    expect(countOf('status_update_total{kind="Gateway",status="success"}')).toBeGreaterThan(0);
  });

  test('the turns of conditions are told as Events, each once', async () => {
    const told = await until('the Events are there', async () => {
      const { items } = await world.cluster.client.list(resourceKind('Event'), { namespace: 'default' });
      // Fields of events.k8s.io/v1.
      const all = items as unknown as { reason: string; regarding: { kind: string; name: string }; reportingController: string }[];
      // The API server tells of its own address ranges in this namespace too.
      const events = all.filter(({ regarding }) => ['GatewayClass', 'Gateway', 'HTTPRoute'].includes(regarding.kind));
      const lines = events.map(({ reason, regarding: { kind, name } }) => `${kind} ${name} ${reason}`).sort();
      return lines.includes('Gateway eg Programmed') && lines.includes('HTTPRoute backend Accepted') ? { lines, events } : undefined;
    });
    expect(new Set(told.events.map((event) => event.reportingController))).toEqual(new Set([CONTROLLER]));
    expect(told.lines).toEqual([...new Set(told.lines)]);
  });

  test('an edit of the route changes the answer, and the status follows its generation', async () => {
    await world.cluster.apply(httpRoute('backend', { host: 'www.example.com', rule: redirectTo('edited.example.com') }));
    const answer = await world.answers({ port, host: 'www.example.com' }, 302);
    expect(answer.headers.location).toBe(`http://edited.example.com:${port}/`);
    const route = await settles(
      'HTTPRoute',
      'default/backend',
      (object) => conditionOf(object, 'Accepted', { parent: 'eg' })?.observedGeneration === 2,
    );
    expect(conditionOf(route, 'Accepted', { parent: 'eg' })?.status).toBe('True');
    expect(route.metadata.generation).toBe(2);
  });

  test('endpoints that move are followed', async () => {
    await world.cluster.apply(httpRoute('backend', { host: 'www.example.com' }));
    await world.answers({ port, host: 'www.example.com' }, 200);
    await world.cluster.apply(...serviceAt('backend', world.network.address, 3001));
    await until('the other backend answers', async () => {
      const { pod } = JSON.parse((await world.get({ port, host: 'www.example.com' })).body) as { pod: string };
      return pod === 'pod-3001' || undefined;
    });
  });

  test('entries of other controllers stay as they are, byte for byte', async () => {
    const now = '2026-01-02T03:04:05Z';
    const parent = {
      parentRef: { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'theirs' },
      controllerName: FOREIGN,
      conditions: [
        { type: 'Accepted', status: 'True', reason: 'Accepted', message: 'ours', observedGeneration: 3, lastTransitionTime: now },
      ],
    };
    const kind = resourceKind('HTTPRoute');
    const operations = [{ op: 'add', path: '/status/parents/0', value: parent }];
    const theirs = await world.cluster.client.patch(kind, 'default/backend', { type: 'json', operations }, { subresource: 'status' });
    await world.cluster.apply(httpRoute('backend', { host: 'www.example.com', path: '/changed' }));
    const after = await settles(
      'HTTPRoute',
      'default/backend',
      (object) => conditionOf(object, 'Accepted', { parent: 'eg' })?.observedGeneration === object.metadata.generation,
    );
    expect(parentsOf(after)).toHaveLength(2);
    expect(JSON.stringify(parentsOf(after)[0])).toBe(JSON.stringify(parentsOf(theirs)[0]));
  });

  test("another controller's class and Gateways are left alone", async () => {
    await world.cluster.apply(gatewayClass('theirs', FOREIGN), gateway('theirs', [{ port: await freePort() }], 'theirs'));
    // Something of ours that comes later has its status: theirs has been passed over.
    await world.cluster.apply(gateway('later', [{ port: await freePort() }]));
    await settles('Gateway', 'default/later', (object) => conditionOf(object, 'Accepted')?.status === 'True');
    expect(conditionOf(await find('GatewayClass', 'theirs'), 'Accepted')).toMatchObject({ status: 'Unknown', reason: 'Pending' });
    expect((await find('GatewayClass', 'theirs'))?.metadata.finalizers).toBeUndefined();
    const theirs = await find('Gateway', 'default/theirs');
    expect(conditionOf(theirs, 'Accepted')).toMatchObject({ status: 'Unknown', reason: 'Pending' });
    expect(theirs?.status).not.toHaveProperty('addresses');
    await world.cluster.remove('Gateway', 'default/later');
    await world.cluster.remove('Gateway', 'default/theirs');
  });

  test('a route that is gone is served no more', async () => {
    await world.answers({ port, host: 'www.example.com', path: '/changed' }, 200);
    await world.cluster.remove('HTTPRoute', 'default/backend');
    await world.answers({ port, host: 'www.example.com', path: '/changed' }, 404);
    await settles('Gateway', 'default/eg', (object) => {
      const { listeners } = object.status as { listeners: { attachedRoutes: number }[] };
      return listeners[0]?.attachedRoutes === 0;
    });
  });

  test('a class says whether the definitions that are installed are of a version that is supported', async () => {
    const versionIs = (status: string) =>
      settles('GatewayClass', 'eg', (object) => conditionOf(object, 'SupportedVersion')?.status === status);
    const become = async (version: string): Promise<void> => {
      const found = await find('CustomResourceDefinition', 'udproutes.gateway.networking.k8s.io');
      if (found === undefined) throw new Error('UDPRoutes are not installed');
      const { name, annotations } = found.metadata;
      const changed = { ...annotations, 'gateway.networking.k8s.io/bundle-version': version };
      const { status: _status, ...definition } = found;
      await world.cluster.apply({ ...definition, metadata: { name, annotations: changed } });
    };
    const fine = await versionIs('True');
    expect(conditionOf(fine, 'SupportedVersion')).toMatchObject({ reason: 'SupportedVersion', observedGeneration: 1 });
    await become('v1.2.0');
    const odd = await versionIs('False');
    expect(conditionOf(odd, 'SupportedVersion')?.message).toContain('udproutes.gateway.networking.k8s.io (v1.2.0)');
    expect(conditionOf(odd, 'Accepted')?.status).toBe('True');
    await become('v1.6.3');
    await versionIs('True');
  });

  test('a class is kept while a Gateway uses it, and let go after', async () => {
    const finalizer = 'gateway-exists-finalizer.gateway.networking.k8s.io';
    await settles('GatewayClass', 'eg', ({ metadata }) => metadata.finalizers?.includes(finalizer) === true);
    await world.cluster.remove('GatewayClass', 'eg');
    // The deletion has been seen when what comes after it has.
    await world.cluster.apply(gateway('later', [{ port: await freePort() }]));
    await settles('Gateway', 'default/later', (object) => conditionOf(object, 'Accepted')?.status === 'True');
    await world.cluster.remove('Gateway', 'default/later');
    expect((await find('GatewayClass', 'eg'))?.metadata.deletionTimestamp).toBeDefined();
    await world.cluster.remove('Gateway', 'default/eg');
    await until('the class is gone', async () => (await find('GatewayClass', 'eg')) === undefined || undefined);
    await until('the Envoys are gone', async () => (await operator.envoys()).length === 0 || undefined);
  });

  test('SIGTERM ends it with exit code 0', async () => {
    await operator.stop('SIGTERM');
    expect(await operator.ended).toBe(0);
    expect(operator.logs()).not.toMatch(/ error /);
  });
});
