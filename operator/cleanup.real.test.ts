import { jest } from '@jest/globals';
import type { KubernetesObject } from '../crds/object-meta.ts';
import { certificateFolder } from '../e2e/harness/certificate-folder.ts';
import { gateway, gatewayClass } from '../e2e/harness/gateway-objects.ts';
import { startOperator } from '../e2e/harness/operator-process.ts';
import { conditionOf, startTestCluster, type TestCluster } from '../e2e/harness/test-cluster.ts';
import { until } from '../e2e/harness/until.ts';
import { cleanUp } from './cleanup.ts';
import { LEASE } from './cluster/lease.ts';
import type { ResourceKind } from './cluster/resource-kind.ts';
import { DEPLOYMENT, POD, PROXY_KINDS, SERVICE } from './infrastructure/kubernetes/proxy-kinds.ts';
import { GATEWAY_EXISTS } from './reconcilers/gateway-class.ts';
import { watchedKind } from './reconcilers/watched-kinds.ts';

jest.setTimeout(120_000);

const NAMESPACE = 'gateways';
const SECRET = watchedKind('Secret');
const CONTROLLER = 'gateway.envoyproxy.io/gatewayclass-controller';

/** What certgen, or somebody else, makes. */
const secret = (name: string, labels: Record<string, string>): KubernetesObject =>
  ({ apiVersion: 'v1', kind: 'Secret', metadata: { namespace: NAMESPACE, name, labels }, data: {} }) as KubernetesObject;

const pod = (name: string, labels: Record<string, string>): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: NAMESPACE, name, labels },
  spec: { containers: [{ name: 'it', image: 'it' }], terminationGracePeriodSeconds: 0 },
});

describe('an installation that is taken away', () => {
  let cluster: TestCluster;
  let told: string[];

  const clean = (patienceMs = 10_000): Promise<void> => {
    told = [];
    return cleanUp({
      client: cluster.client,
      namespace: NAMESPACE,
      controllerName: CONTROLLER,
      report: (line) => told.push(line),
      stop: new AbortController().signal,
      patienceMs,
    });
  };
  const names = async (kind: ResourceKind): Promise<readonly string[]> =>
    (await cluster.client.list(kind, { namespace: NAMESPACE })).items.map(({ metadata }) => metadata.name).sort();
  const everything = async (): Promise<readonly string[]> => {
    const found = await Promise.all([...PROXY_KINDS, LEASE].map(async (kind) => (await names(kind)).map((name) => `${kind.kind} ${name}`)));
    // The API server's own.
    return found.flat().filter((each) => !['ConfigMap kube-root-ca.crt', 'ServiceAccount default'].includes(each));
  };

  beforeAll(async () => {
    cluster = await startTestCluster();
    await cluster.installCrds();
    await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  });
  afterAll(() => cluster.stop());

  test('an operator that ran leaves nothing behind but what is not its own', async () => {
    const certificates = await certificateFolder();
    const operator = await startOperator({
      kubeconfig: cluster.server.kubeconfigPath,
      configuration: { provider: { type: 'Kubernetes' } },
      env: { ENVOY_GATEWAY_NAMESPACE: NAMESPACE },
      args: ['--certs-dir', certificates.path],
    });
    await operator.ready();
    await cluster.apply(gatewayClass('eg'), gateway('eg', [{ port: 80 }]));
    await until('the Gateway is accepted', async () => conditionOf(await cluster.find('Gateway', 'default/eg'), 'Accepted'));
    await until('proxies are made', async () => ((await names(SERVICE)).length > 0 ? true : undefined));
    await until('the class is kept', async () => (await cluster.find('GatewayClass', 'eg'))?.metadata.finalizers);
    await operator.close();
    await certificates.remove();
    const foreign = { ...gatewayClass('foreign'), metadata: { name: 'foreign', finalizers: [GATEWAY_EXISTS] } };
    const spec = { controllerName: 'example.com/other' };
    await cluster.apply({ ...foreign, spec });
    const users = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: NAMESPACE, name: 'mine' } } as KubernetesObject;
    await cluster.client.create(watchedKind('ConfigMap'), users);
    const label = { 'control-plane': 'envoy-gateway' };
    for (const object of [secret('envoy-gateway', label), secret('envoy', {}), secret('other', label)])
      await cluster.client.create(SECRET, object);
    expect((await everything()).length).toBeGreaterThan(4);

    await clean();

    expect(await everything()).toEqual(['ConfigMap mine']);
    expect(await names(SECRET)).toEqual(['envoy', 'other']);
    expect((await cluster.find('GatewayClass', 'eg'))?.metadata.finalizers).toBeUndefined();
    expect((await cluster.find('GatewayClass', 'foreign'))?.metadata.finalizers).toEqual([GATEWAY_EXISTS]);
    expect(told).toContain('released GatewayClass eg');
    expect(told).toContain(`deleted Secret ${NAMESPACE}/envoy-gateway`);
    // Gateways and routes are the user's.
    expect(await cluster.find('Gateway', 'default/eg')).toBeDefined();
  });

  test('a second time there is nothing to do', async () => {
    await clean();
    expect(told).toEqual([]);
  });

  test('the controller goes first: nothing is taken away while a pod of it runs', async () => {
    const labels = { 'control-plane': 'envoy-gateway', app: 'operator' };
    const template = { metadata: { labels }, spec: pod('x', {}).spec };
    await cluster.client.create(DEPLOYMENT, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { namespace: NAMESPACE, name: 'envoy-gateway' },
      spec: { selector: { matchLabels: labels }, template },
    });
    await cluster.client.create(POD, pod('operator-1', labels));
    await cluster.client.create(SECRET, secret('envoy-gateway', { 'control-plane': 'envoy-gateway' }));
    await expect(clean(300)).rejects.toThrow('These pods of the controller do not end: operator-1. Delete them, and begin again.');
    expect(told).toEqual([`deleted Deployment ${NAMESPACE}/envoy-gateway`, 'waiting for operator-1 to end']);
    const cleaned = clean();
    await cluster.client.delete(POD, `${NAMESPACE}/operator-1`);
    await cleaned;
    expect(told.at(-1)).toBe(`deleted Secret ${NAMESPACE}/envoy-gateway`);
  });
});
