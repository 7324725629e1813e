import { jest } from '@jest/globals';
import { KINDS } from '../../crds/kinds.ts';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { describeInNamespace } from '../harness/describe-in-namespace.ts';
import { freePort } from '../harness/free-port.ts';
import { gateway, gatewayClass, httpRoute, serviceAt, tlsSecret } from '../harness/gateway-objects.ts';
import type { OperatorProcess } from '../harness/operator-process.ts';
import { selfSigned } from '../harness/self-signed.ts';
import { type ServedCluster, startServedCluster } from '../harness/served-cluster.ts';
import { conditionOf } from '../harness/test-cluster.ts';
import { until } from '../harness/until.ts';

jest.setTimeout(180_000);

const HOST = 'www.example.com';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const READ = ['get', 'list', 'watch'];
const gatewayApi = (...resources: readonly string[]): Rule => ({ apiGroups: ['gateway.networking.k8s.io'], resources, verbs: READ });
const core = (...resources: readonly string[]): Rule => ({ apiGroups: [''], resources, verbs: READ });

const kindsOf = (wanted: string, missing: string): readonly string[] =>
  KINDS.filter(({ group, plural }) => group === wanted && plural !== missing).map(({ plural }) => plural);

/** All that the operator needs, but for HTTPRoutes and Secrets. */
const MOST: readonly Rule[] = [
  gatewayApi(...kindsOf('gateway.networking.k8s.io', 'httproutes')),
  core(...kindsOf('', 'secrets')),
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: READ },
  { apiGroups: ['gateway.networking.x-k8s.io'], resources: ['xbackends', 'xbackendtrafficpolicies', 'xtelemetrypolicies'], verbs: READ },
  { apiGroups: ['multicluster.x-k8s.io'], resources: ['serviceimports'], verbs: READ },
  { apiGroups: ['certificates.k8s.io'], resources: ['clustertrustbundles'], verbs: READ },
  { apiGroups: ['gateway.envoyproxy.io'], resources: ['envoyproxies'], verbs: READ },
  { apiGroups: ['apiextensions.k8s.io'], resources: ['customresourcedefinitions'], verbs: ['list', 'watch'] },
  { apiGroups: ['gateway.networking.k8s.io'], resources: ['gatewayclasses', 'gatewayclasses/finalizers'], verbs: ['patch', 'update'] },
  {
    apiGroups: ['gateway.networking.k8s.io'],
    resources: ['gatewayclasses/status', 'gateways/status', 'httproutes/status'],
    verbs: ['patch'],
  },
  { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create', 'patch'] },
];

const role = (rules: readonly Rule[]): KubernetesObject => {
  const object = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'operator' }, rules };
  return object;
};

const binding = (): KubernetesObject => {
  const object = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'operator' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'operator' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'restricted' }],
  };
  return object;
};

describeInNamespace('an operator that comes before its definitions and rights', () => {
  let world: ServedCluster;
  let operator: OperatorProcess;
  let http: number;
  let https: number;

  const gatewayIs = (fits: (found: KubernetesObject) => boolean): Promise<KubernetesObject> =>
    until('the Gateway is as expected', async () => {
      const found = await world.cluster.find('Gateway', 'default/eg');
      if (found !== undefined && fits(found)) return found;
      throw new Error(JSON.stringify(found?.status));
    });

  beforeAll(async () => {
    world = await startServedCluster();
    [http, https] = [await freePort(), await freePort()];
    await world.cluster.apply(role(MOST), binding());
    operator = await world.operate({ kubeconfig: world.cluster.server.restrictedKubeconfigPath });
  });
  afterAll(() => world.stop());

  test('is ready on an empty cluster, and names what is missing with the cure', async () => {
    await operator.ready();
    await operator.line(
      /The cluster has no kind Gateway in gateway\.networking\.k8s\.io\/v1\. Install the CustomResourceDefinition gateways\./,
    );
    await operator.line(
      /secrets may not be listed and watched\. Grant the verbs get, list and watch on secrets to the operator's service account\./,
    );
    expect((await operator.read('health', '/readyz')).status).toBe(200);
    const { problems } = JSON.parse((await operator.read('admin', '/api/info')).body) as { problems: { reason: string }[] };
    expect(problems.map(({ reason }) => reason)).toEqual(expect.arrayContaining(['Forbidden', 'NotServed']));
  });

  test('finds definitions that are installed later, without a restart', async () => {
    const since = operator.logs().length;
    await world.cluster.installCrds();
    await world.cluster.apply(
      gatewayClass('eg'),
      gateway('eg', [{ port: http }, { name: 'https', port: https, secret: 'tls' }]),
      tlsSecret('tls', selfSigned(HOST)),
      ...serviceAt('backend', world.network.address, 3000),
      httpRoute('backend', { host: HOST }),
    );
    await operator.line(/gateways\.gateway\.networking\.k8s\.io is followed again/, since);
    await gatewayIs((found) => conditionOf(found, 'Accepted')?.status === 'True');
    await gatewayIs((found) => conditionOf(found, 'Programmed', { listener: 'http' })?.status === 'True');
    expect((await world.answers({ port: http, host: HOST }, 404)).status).toBe(404);
  });

  test('says of a kind that it may not read which right is missing; all else works', async () => {
    await operator.line(/httproutes\.gateway\.networking\.k8s\.io may not be listed and watched\. Grant the verbs get, list and watch/);
    const found = await gatewayIs((each) => conditionOf(each, 'ResolvedRefs', { listener: 'https' })?.status === 'False');
    expect(conditionOf(found, 'ResolvedRefs', { listener: 'https' })?.message).toContain(
      'Secret default/tls cannot be read: the operator may not read secrets; grant it the verbs get, list and watch on them.',
    );
    const route = await world.cluster.find('HTTPRoute', 'default/backend');
    expect(conditionOf(route, 'Accepted', { parent: 'eg' })).toBeUndefined();
  });

  test('goes on as soon as the rights are granted', async () => {
    const since = operator.logs().length;
    await world.cluster.apply(role([...MOST, gatewayApi('httproutes'), core('secrets')]));
    await world.answers({ port: http, host: HOST }, 200);
    expect((await world.answers({ port: https, host: HOST, sni: HOST }, 200)).certificate).toBe(HOST);
    await operator.line(/httproutes\.gateway\.networking\.k8s\.io is followed again/, since);
    await gatewayIs((found) => conditionOf(found, 'ResolvedRefs', { listener: 'https' })?.status === 'True');
    await until('nothing is wrong any more, but for kinds that a cluster may do without', async () => {
      const { problems } = JSON.parse((await operator.read('admin', '/api/info')).body) as { problems: { reason: string }[] };
      return problems.every(({ reason }) => reason === 'NotServed') || undefined;
    });
  });

  test('keeps serving when a right is taken away again, and says so', async () => {
    const since = operator.logs().length;
    await world.cluster.apply(role([...MOST, core('secrets')]));
    await world.cluster.server.stopApiServer();
    await world.cluster.server.startApiServer();
    await operator.line(/httproutes\.gateway\.networking\.k8s\.io may not be listed and watched/, since);
    expect((await world.get({ port: http, host: HOST })).status).toBe(200);
    expect((await world.cluster.find('HTTPRoute', 'default/backend'))?.status).toBeDefined();
  });
});
