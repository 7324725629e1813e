import { jest } from '@jest/globals';
import type { KubernetesObject } from '../../../crds/object-meta.ts';
import { type KubernetesServer, startKubernetesServer } from '../../../e2e/harness/kubernetes-server.ts';
import { refused } from '../../../translators/ir/result.ts';
import type { ResourceKind } from '../../cluster/resource-kind.ts';
import { CONFIG_MAP, DEPLOYMENT, DISRUPTION_BUDGET, PROXY_KINDS, SERVICE, SERVICE_ACCOUNT } from './proxy-kinds.ts';
import { at, InfrastructureWorld, infraOf, NAMESPACE } from './testing/infrastructure-world.ts';
import { manifestsOf } from './testing/manifests.ts';

jest.setTimeout(120_000);

const QUOTA: ResourceKind = { group: '', version: 'v1', kind: 'ResourceQuota', plural: 'resourcequotas', namespaced: true };

/** Each fault is said on the fleet, the rest of it and other fleets go on, and it heals by itself. */
describe('faults of a cluster', () => {
  let server: KubernetesServer;
  let world: InfrastructureWorld;
  let count = 0;
  beforeAll(async () => {
    server = await startKubernetesServer();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    count += 1;
    world = new InfrastructureWorld(server, `faults-${count}`);
    await world.prepare();
  });
  afterEach(() => world.close());

  const named = (kind: ResourceKind, name: string, more: object = {}): KubernetesObject => {
    const object = { apiVersion: 'v1', kind: kind.kind, metadata: { namespace: world.namespace, name }, ...more };
    return object;
  };

  test('an object of our name that somebody else made is left alone', async () => {
    const { name } = infraOf('shop/web');
    await world.create(named(CONFIG_MAP, name, { data: { theirs: 'yes' } }));
    world.gateway('shop/web');
    world.start();
    await world.problem(
      'shop/web',
      `ConfigMap ${world.namespace}/${name} was not made by us: it carries no labels of a Gateway, so it is left alone. Delete or rename it.`,
    );
    await world.until(SERVICE, name);
    expect(at(await world.find(CONFIG_MAP, name), 'data')).toEqual({ theirs: 'yes' });
    await world.remove(CONFIG_MAP, name);
    await world.healed('shop/web');
    expect(at(await world.find(CONFIG_MAP, name), 'data.file')).toBe('{}');
  });

  test('two Gateways that choose one name: the first has it', async () => {
    world.gateway('shop/first', { serviceName: 'front' });
    world.start();
    await world.until(SERVICE, 'front');
    world.gateway('shop/second', { serviceName: 'front' });
    await world.problem(
      'shop/second',
      `Service ${world.namespace}/front belongs to the proxies of shop/first, so it is left alone. Delete or rename it, or choose another name in spec.provider.kubernetes.envoyService.name of the EnvoyProxy.`,
    );
    expect(world.fleets.observed.get('shop/first')).not.toHaveProperty('problem');
    expect(at(await world.find(SERVICE, 'front'), 'spec.selector')).toEqual(infraOf('shop/first').labels);
    world.fleets.remove('shop/first');
    await world.healed('shop/second');
    expect(at(await world.find(SERVICE, 'front'), 'spec.selector')).toEqual(infraOf('shop/second').labels);
  });

  test('an exceeded quota', async () => {
    const hard = { 'count/services': '0' };
    await world.admin.create(QUOTA, named(QUOTA, 'few', { spec: { hard } }));
    // The quota controller's part: there is none here.
    const use = (limit: string) =>
      world.merge(QUOTA, 'few', { status: { hard: { 'count/services': limit }, used: { 'count/services': '0' } } }, 'status');
    await use('0');
    const name = world.gateway('shop/web', { budget: true });
    world.start();
    await world.problem(
      'shop/web',
      new RegExp(
        `^Service ${world.namespace}/${name} is refused by a ResourceQuota of namespace ${world.namespace} \\(.*exceeded quota: few, requested: count/services=1, used: count/services=0, limited: count/services=0\\); raise it or free some of it\\.$`,
      ),
    );
    await world.until(DISRUPTION_BUDGET, name);
    await world.merge(QUOTA, 'few', { spec: { hard: { 'count/services': '1' } } });
    await use('1');
    await world.healed('shop/web');
    await world.until(SERVICE, name);
  });

  test('pods that a quota refuses are said in the words of the controller, until one serves', async () => {
    const name = world.gateway('shop/web');
    world.start();
    await world.until(SERVICE, name);
    const condition = {
      type: 'ReplicaFailure',
      status: 'True',
      reason: 'FailedCreate',
      message: 'pods "x" is forbidden: exceeded quota: few',
    };
    await world.merge(DEPLOYMENT, name, { status: { conditions: [condition] } }, 'status');
    await world.problem('shop/web', 'Envoy replicas unavailable: pods "x" is forbidden: exceeded quota: few.');
    await world.runPods(name, 1);
    await world.healed('shop/web');
  });

  test('a namespace that is being terminated', async () => {
    const name = world.gateway('shop/web');
    world.start();
    await world.until(SERVICE, name);
    // Without a namespace controller it stays so.
    await world.admin.delete(NAMESPACE, world.namespace);
    await world.remove(CONFIG_MAP, name);
    await world.problem(
      'shop/web',
      `Namespace ${world.namespace} is being terminated, so ConfigMap ${world.namespace}/${name} cannot be made; it is made once the namespace is there again.`,
    );
    // The part of the namespace controller, and of whoever makes it again.
    for (const kind of PROXY_KINDS) {
      const { items } = await world.admin.list(kind, { namespace: world.namespace });
      for (const { metadata } of items) await world.remove(kind, metadata.name);
    }
    const raw = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: world.namespace }, spec: { finalizers: [] } };
    await world.call('PUT', `/api/v1/namespaces/${world.namespace}/finalize`, raw);
    await world.problem(
      'shop/web',
      new RegExp(`ConfigMap ${world.namespace}/${name} cannot be made: namespaces "${world.namespace}" not found; create the namespace\\.`),
    );
    await world.prepare();
    await world.healed('shop/web');
    await world.until(SERVICE, name);
  });

  test('no rights on one kind: the others are made, and that one once it may be', async () => {
    const verbs = ['get', 'list', 'watch', 'create', 'patch', 'delete'];
    const others = PROXY_KINDS.filter((kind) => kind !== DISRUPTION_BUDGET);
    await world.allow([{ kinds: others, verbs }]);
    const name = world.gateway('shop/web', { budget: true });
    world.start({ as: server.restrictedKubeconfigPath });
    await world.problem(
      'shop/web',
      /poddisruptionbudgets\.policy may not be listed and watched in namespace faults-\d+\. Grant the verbs get, list and watch on poddisruptionbudgets\.policy/,
    );
    await world.until(SERVICE, name);
    await world.allow([
      { kinds: others, verbs },
      { kinds: [DISRUPTION_BUDGET], verbs: ['get', 'list', 'watch'] },
    ]);
    await world.problem(
      'shop/web',
      `PodDisruptionBudget ${world.namespace}/${name}: the operator may not patch poddisruptionbudgets.policy in namespace ${world.namespace}; grant it the verb patch on them.`,
    );
    await world.allow([{ kinds: PROXY_KINDS, verbs }]);
    await world.healed('shop/web');
    await world.until(DISRUPTION_BUDGET, name);
  });

  test('a selector that cannot be changed: the proxies go on, and it is said what to do', async () => {
    const name = world.gateway('shop/web');
    world.start();
    const { metadata } = await world.until(DEPLOYMENT, name);
    world.gateway('shop/web', { selector: { extra: 'label' }, data: { file: 'new' } });
    await world.problem(
      'shop/web',
      `Deployment ${world.namespace}/${name} cannot be changed in place (spec.selector cannot be changed once it is made); delete it when it suits, its pods start anew, and it is made anew at once.`,
    );
    await world.until(CONFIG_MAP, name, (found) => at(found, 'data.file') === 'new');
    expect((await world.find(DEPLOYMENT, name))?.metadata.uid).toBe(metadata.uid);
    await world.remove(DEPLOYMENT, name);
    await world.healed('shop/web');
    expect(at(await world.find(DEPLOYMENT, name), 'spec.selector.matchLabels.extra')).toBe('label');
  });

  test('a Service whose class cannot be changed', async () => {
    const name = world.gateway('shop/web', { service: { loadBalancerClass: 'example.com/a' } });
    world.start();
    await world.until(SERVICE, name);
    world.gateway('shop/web', { service: { loadBalancerClass: 'example.com/b' } });
    await world.problem(
      'shop/web',
      `Service ${world.namespace}/${name} cannot be changed in place (spec.loadBalancerClass cannot be changed once it is made); delete it when it suits, its address may change, and it is made anew at once.`,
    );
    await world.remove(SERVICE, name);
    await world.healed('shop/web');
  });

  test('a ConfigMap that somebody made immutable is replaced: nobody loses anything by it', async () => {
    const name = world.gateway('shop/web');
    world.start();
    await world.until(SERVICE, name);
    await world.merge(CONFIG_MAP, name, { immutable: true });
    world.gateway('shop/web', { data: { file: 'new' } });
    await world.until(CONFIG_MAP, name, (found) => at(found, 'data.file') === 'new');
    await world.healed('shop/web');
  });

  test('an object on its way out is waited for', async () => {
    const name = world.gateway('shop/web');
    world.start();
    await world.until(SERVICE, name);
    await world.merge(SERVICE, name, { metadata: { finalizers: ['example.com/balancer'] } });
    await world.remove(SERVICE, name);
    await world.problem(
      'shop/web',
      `Service ${world.namespace}/${name} is being deleted; it waits for example.com/balancer. It is made anew as soon as it is gone.`,
    );
    const { metadata } = await world.until(SERVICE, name);
    await world.merge(SERVICE, name, { metadata: { finalizers: null } });
    await world.until(SERVICE, name, (found) => found.metadata.uid !== metadata.uid);
    await world.healed('shop/web');
  });

  test('a user whose wishes cannot be rendered keeps the proxies that are there', async () => {
    const name = world.gateway('shop/web');
    world.start();
    await world.until(SERVICE, name);
    await world.runPods(name, 1);
    await world.observed('shop/web', ({ ready }) => ready === 1);
    world.refusal = refused({ type: 'Accepted', reason: 'InvalidParameters', message: 'EnvoyProxy shop/p: Field spec: is bad.' });
    world.gateway('shop/web');
    const { ready } = await world.problem('shop/web', 'EnvoyProxy shop/p: Field spec: is bad.');
    expect(ready).toBe(1);
    expect(await world.find(DEPLOYMENT, name)).toBeDefined();
    world.refusal = undefined;
    world.gateway('shop/web');
    await world.healed('shop/web');
  });

  test('an API server that is away: what waits is written when it is back', async () => {
    const name = world.gateway('shop/web');
    world.start();
    await world.until(SERVICE, name);
    await server.stopApiServer();
    world.gateway('shop/web', { data: { file: 'later' } });
    await world.problem(
      'shop/web',
      new RegExp(
        `^ConfigMap ${world.namespace}/${name} could not be brought up to date: the API server gave no answer; it is tried again \\(.*\\)\\.$`,
      ),
    );
    await server.startApiServer();
    await world.healed('shop/web');
    await world.until(CONFIG_MAP, name, (found) => at(found, 'data.file') === 'later');
    await world.remove(SERVICE_ACCOUNT, name);
    await world.until(SERVICE_ACCOUNT, name);
  });

  test('objects that Envoy Gateway left are taken over as they are; its pods do not restart', async () => {
    const infra = infraOf('shop/web');
    for (const object of manifestsOf(infra, world.namespace, { replicas: 2 })) {
      const kind = PROXY_KINDS.find((each) => each.kind === object.kind) ?? CONFIG_MAP;
      const path = `${world.namespace}/${object.metadata.name}`;
      await world.admin.patch(kind, path, { type: 'apply', body: object, fieldManager: 'envoy-gateway', force: true });
    }
    await world.runPods(infra.name, 2);
    const before = await world.until(DEPLOYMENT, infra.name);
    world.gateway('shop/web', { replicas: 2 });
    world.start();
    await world.observed('shop/web', ({ ready }) => ready === 2);
    world.gateway('shop/web', { replicas: 2, data: { file: 'ours' } });
    await world.until(CONFIG_MAP, infra.name, (found) => at(found, 'data.file') === 'ours');
    expect(await world.writes()).toEqual(['apply ConfigMap']);
    expect(await world.find(DEPLOYMENT, infra.name)).toEqual(before);
  });
});
