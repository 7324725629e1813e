import { jest } from '@jest/globals';
import { type KubernetesServer, startKubernetesServer } from '../../../e2e/harness/kubernetes-server.ts';
import { AUTOSCALER, CONFIG_MAP, DAEMON_SET, DEPLOYMENT, DISRUPTION_BUDGET, SERVICE, SERVICE_ACCOUNT } from './proxy-kinds.ts';
import { at, InfrastructureWorld } from './testing/infrastructure-world.ts';

jest.setTimeout(120_000);

/** Only an API server: what controllers and load balancers do to a status, the tests do (`runPods`, `balance`). */
describe('the proxies of a cluster', () => {
  let server: KubernetesServer;
  let world: InfrastructureWorld;
  let count = 0;
  beforeAll(async () => {
    server = await startKubernetesServer();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    count += 1;
    world = new InfrastructureWorld(server, `proxies-${count}`);
    await world.prepare();
  });
  afterEach(() => world.close());

  const WHOLE = ['apply ServiceAccount', 'apply ConfigMap', 'apply Deployment', 'apply Service'];
  /** Whatever is going to be written by itself has been written by now: a change elsewhere goes through after it. */
  const settled = async (): Promise<readonly string[]> => {
    const name = world.gateway('other/marker');
    await world.until(SERVICE, name);
    return (await world.writes()).slice(0, -WHOLE.length);
  };

  test('are made in order, and nothing that is as it should be is written again', async () => {
    const name = world.gateway('shop/web');
    world.start();
    await world.until(SERVICE, name);
    expect(await world.writes()).toEqual(WHOLE);
    await world.runPods(name, 1);
    await world.balance(name, [{ ip: '192.0.2.1' }, { hostname: 'lb.example.com' }]);
    await world.observed('shop/web', ({ ready, addresses }) => ready === 1 && addresses?.length === 2);
    world.gateway('shop/web');
    expect(await settled()).toEqual([]);
    expect(world.fleets.observed.get('shop/web')).toEqual({ proxies: 1, ready: 1, addresses: ['192.0.2.1', 'lb.example.com'] });
  });

  test('change with their Gateway, only where they differ, also inside of values that are taken whole', async () => {
    const name = world.gateway('shop/web', {
      replicas: 2,
      tolerations: [{ key: 'a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 7 }],
    });
    world.start();
    await world.until(SERVICE, name);
    await world.writes();
    world.gateway('shop/web', { replicas: 3, tolerations: [{ key: 'a', operator: 'Exists', effect: 'NoExecute' }], data: { other: 'x' } });
    await world.until(
      DEPLOYMENT,
      name,
      (found) => at(found, 'spec.replicas') === 3 && at(found, 'spec.template.spec.tolerations.0.tolerationSeconds') === undefined,
    );
    expect(at(await world.find(CONFIG_MAP, name), 'data')).toEqual({ other: 'x' });
    expect(await world.writes()).toEqual(['apply ConfigMap', 'apply Deployment']);
    world.gateway('shop/web', { data: { other: 'x' } });
    await world.until(
      DEPLOYMENT,
      name,
      (found) => at(found, 'spec.replicas') === 1 && at(found, 'spec.template.spec.tolerations') === undefined,
    );
    expect(await settled()).toEqual(['apply Deployment']);
  });

  test('go with their Gateway, and no other object with them', async () => {
    const [web, api] = [world.gateway('shop/web', { autoscaler: true, budget: true }), world.gateway('shop/api')];
    await world.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: world.namespace, name: 'mine' } });
    const rateLimit = { 'app.kubernetes.io/managed-by': 'envoy-gateway', 'app.kubernetes.io/name': 'envoy-ratelimit' };
    await world.create({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: world.namespace, name: 'limits', labels: rateLimit },
    });
    world.start();
    await world.until(DISRUPTION_BUDGET, web);
    await world.until(SERVICE, api);
    world.fleets.remove('shop/web');
    await world.untilGone(DISRUPTION_BUDGET, web);
    await world.untilGone(SERVICE_ACCOUNT, web);
    expect(world.fleets.observed.get('shop/web')).toBeUndefined();
    const left = [`ConfigMap ${api}`, 'ConfigMap limits', 'ConfigMap mine', `Deployment ${api}`, `Service ${api}`, `ServiceAccount ${api}`];
    expect(await world.all()).toEqual(left);
  });

  test('stay as they are while their Gateway cannot be served', async () => {
    const name = world.gateway('shop/web');
    world.start();
    await world.until(SERVICE, name);
    world.fleets.kept.add('shop/web');
    world.fleets.remove('shop/web');
    expect(await settled()).toEqual(WHOLE);
    expect(await world.all()).toHaveLength(8);
    world.fleets.kept.delete('shop/web');
    await world.untilGone(SERVICE, name);
  });

  test('are mended when somebody edits or deletes them; what others add stays', async () => {
    const name = world.gateway('shop/web', { replicas: 2 });
    world.start();
    await world.until(SERVICE, name);
    await world.merge(DEPLOYMENT, name, { spec: { replicas: 7 } });
    await world.until(DEPLOYMENT, name, (found) => at(found, 'spec.replicas') === 2);
    const gone = { metadata: { labels: { 'app.kubernetes.io/managed-by': null } } };
    await world.merge(CONFIG_MAP, name, { ...gone, data: { file: null } });
    await world.until(
      CONFIG_MAP,
      name,
      (found) => at(found, 'data.file') === '{}' && found.metadata.labels?.['app.kubernetes.io/managed-by'] !== undefined,
    );
    const { metadata } = await world.until(SERVICE, name);
    await world.remove(SERVICE, name);
    await world.until(SERVICE, name, (found) => found.metadata.uid !== metadata.uid);
    await world.writes();
    const restarted = { 'kubectl.kubernetes.io/restartedAt': '2026-01-01T00:00:00Z' };
    await world.merge(DEPLOYMENT, name, {
      metadata: { annotations: { team: 'a' } },
      spec: { template: { metadata: { annotations: restarted } } },
    });
    expect(await settled()).toEqual([]);
    const found = await world.until(DEPLOYMENT, name, ({ metadata: { annotations } }) => annotations?.['team'] === 'a');
    expect(at(found, 'spec.template.metadata.annotations')).toEqual({ ...restarted, 'prometheus.io/scrape': 'true' });
  });

  test('are found again after a restart: what changed meanwhile is mended, what is left over goes', async () => {
    const [web, old] = [world.gateway('shop/web', { autoscaler: true }), world.gateway('shop/old')];
    world.start();
    await world.until(AUTOSCALER, web);
    await world.until(SERVICE, old);
    await world.stop();
    await world.writes();
    world.fleets.remove('shop/old');
    world.shapes.set('shop/web', {});
    await world.remove(SERVICE, web);
    await world.merge(CONFIG_MAP, web, { data: { file: 'edited' } });
    world.start();
    await world.untilGone(SERVICE_ACCOUNT, old);
    await world.untilGone(AUTOSCALER, web);
    await world.until(SERVICE, web);
    await world.until(CONFIG_MAP, web, (found) => at(found, 'data.file') === '{}');
    const ended = ['ConfigMap', 'Deployment', 'HorizontalPodAutoscaler', 'Service', 'ServiceAccount'].map((kind) => `delete ${kind}`);
    expect([...(await world.writes())].sort()).toEqual(['apply ConfigMap', 'apply Service', ...ended]);
  });

  test('are written by the leader only; the others read them', async () => {
    const name = world.gateway('shop/web');
    const follower = world.start({ leads: false });
    await world.observed('shop/web', ({ proxies, ready }) => proxies === 1 && ready === 0);
    const leader = world.start();
    await world.until(SERVICE, name);
    expect(await world.writes()).toEqual(WHOLE);
    leader.lead(false);
    await world.remove(CONFIG_MAP, name);
    await world.runPods(name, 1);
    await world.observed('shop/web', ({ ready }) => ready === 1);
    expect(await world.find(CONFIG_MAP, name)).toBeUndefined();
    follower.lead(true);
    await world.until(CONFIG_MAP, name);
  });

  test('are known in part until whoever begins to lead has compared them, with what stands in the way', async () => {
    const name = world.gateway('shop/web');
    const foreign = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: world.namespace, name }, data: {} };
    await world.create(foreign);
    const follower = world.start({ leads: false });
    expect(await world.observed('shop/web', ({ partial }) => partial === true)).not.toHaveProperty('problem');
    follower.lead(true);
    const whole = await world.observed('shop/web', ({ partial }) => partial === undefined);
    expect(whole.problem).toContain(`ConfigMap ${world.namespace}/${name}`);
  });

  test('change from a Deployment to a DaemonSet without a moment in which none serves', async () => {
    const name = world.gateway('shop/web', { replicas: 2 });
    world.start();
    await world.until(SERVICE, name);
    await world.runPods(name, 2);
    await world.observed('shop/web', ({ ready }) => ready === 2);
    world.gateway('shop/web', { daemonSet: true });
    await world.until(DAEMON_SET, name);
    await settled();
    expect(await world.find(DEPLOYMENT, name)).toBeDefined();
    const nodes = { desiredNumberScheduled: 3, currentNumberScheduled: 3, numberMisscheduled: 0, numberReady: 3, numberAvailable: 3 };
    await world.merge(DAEMON_SET, name, { status: nodes }, 'status');
    await world.untilGone(DEPLOYMENT, name);
    await world.observed('shop/web', ({ proxies, ready }) => proxies === 3 && ready === 3);
  });

  test('change the name of their Service, and its type', async () => {
    const name = world.gateway('shop/web');
    world.start();
    await world.until(SERVICE, name);
    world.gateway('shop/web', { serviceName: 'front' });
    await world.until(SERVICE, 'front');
    await world.untilGone(SERVICE, name);
    for (const type of ['ClusterIP', 'NodePort', 'LoadBalancer', 'ClusterIP']) {
      const service = type === 'ClusterIP' ? { type, externalTrafficPolicy: undefined } : { type };
      world.gateway('shop/web', { serviceName: 'front', service });
      await world.until(SERVICE, 'front', (found) => at(found, 'spec.type') === type);
      await world.healed('shop/web');
    }
    const found = await world.until(SERVICE, 'front');
    await world.observed('shop/web', ({ addresses }) => addresses?.[0] === at(found, 'spec.clusterIP'));
  });
});
