import { jest } from '@jest/globals';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { SERVICE } from '../../operator/infrastructure/kubernetes/proxy-kinds.ts';
import { gateway, gatewayClass } from '../harness/gateway-objects.ts';
import { type OperatorProcess, startOperator } from '../harness/operator-process.ts';
import { conditionOf, startTestCluster, type TestCluster } from '../harness/test-cluster.ts';
import { until } from '../harness/until.ts';
import { writeXdsCertificates, type XdsCertificates } from '../harness/xds-certificates.ts';

jest.setTimeout(180_000);

const NAMESPACE = 'gatehouse-named';
const KEY = 'networking.gke.io/load-balancer-ip-addresses';
const RBAC = 'rbac.authorization.k8s.io';

/** The API server alone: what clouds do to Nodes and Services, the test does. */
describe('a Gateway that asks for an address by its name', () => {
  let cluster: TestCluster;
  let operator: OperatorProcess;
  let certificates: XdsCertificates;

  beforeAll(async () => {
    certificates = await writeXdsCertificates(NAMESPACE);
    cluster = await startTestCluster();
    await cluster.installCrds();
    await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } }, gatewayClass('eg'));
    await allow(['nodes']);
    operator = await startOperator({
      kubeconfig: cluster.server.restrictedKubeconfigPath,
      configuration: { provider: { type: 'Kubernetes' } },
      env: { ENVOY_GATEWAY_NAMESPACE: NAMESPACE },
      args: ['--certs-dir', certificates.folder],
    });
    await operator.ready();
  });
  afterAll(async () => {
    await operator.close();
    await cluster.stop();
    await certificates.remove();
  });

  /** The operator may do everything, but for these of the core group. */
  async function allow(except: readonly string[]): Promise<void> {
    const groups = ['gateway.networking.k8s.io', 'gateway.envoyproxy.io', 'apps', 'autoscaling', 'policy', 'discovery.k8s.io'];
    const others = [...groups, 'apiextensions.k8s.io', 'events.k8s.io', 'coordination.k8s.io', 'certificates.k8s.io'];
    const core = ['services', 'secrets', 'configmaps', 'namespaces', 'serviceaccounts', 'pods', 'nodes'];
    const rules = [
      { apiGroups: others, resources: ['*'], verbs: ['*'] },
      { apiGroups: [''], resources: core.filter((each) => !except.includes(each)), verbs: ['*'] },
    ];
    const head = { apiVersion: `${RBAC}/v1`, metadata: { name: 'operator' } };
    const binding = {
      roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: 'operator' },
      subjects: [{ apiGroup: RBAC, kind: 'User', name: 'restricted' }],
    };
    await cluster.apply(Object.assign({ kind: 'ClusterRole', rules }, head), Object.assign({ kind: 'ClusterRoleBinding' }, head, binding));
  }

  function asking(value: string | undefined): KubernetesObject {
    const plain = gateway('web', [{ port: 80 }]);
    const addresses = value === undefined ? {} : { addresses: [{ type: 'NamedAddress', value }] };
    const infrastructure = { annotations: { 'cloud.google.com/l4-rbs': 'enabled' } };
    return { ...plain, spec: Object.assign({ infrastructure }, plain.spec, addresses) };
  }
  const serviceOf = async (name: string): Promise<KubernetesObject | undefined> =>
    (await cluster.client.list(SERVICE, { namespace: NAMESPACE })).items.find(({ metadata }) =>
      metadata.name.startsWith(`envoy-default-${name}-`),
    );
  const says = (type: string, expected: RegExp, name = 'web'): Promise<unknown> =>
    until(`${type} says ${expected}`, async () => {
      const condition = conditionOf(await cluster.find('Gateway', `default/${name}`), type);
      expect(`${condition?.status} ${condition?.reason}: ${condition?.message}`).toMatch(expected);
      return true;
    });
  const asksFor = (value: string | undefined): Promise<unknown> =>
    until(`the Service asks for ${value}`, async () => {
      const service = await serviceOf('web');
      expect(service).toMatchObject({ spec: { type: 'LoadBalancer' } });
      expect(service?.metadata.annotations?.[KEY]).toBe(value);
      return true;
    });
  const node = (name: string, providerID: string): KubernetesObject => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name },
    spec: { providerID },
  });

  test('is told that nodes may not be read, and nobody else is kept from anything', async () => {
    await cluster.apply(node('n1', 'gce://shop/europe-west1-b/n1'), asking('shop-ip'), gateway('plain', [{ port: 80 }]));
    await says(
      'Accepted',
      /^False UnsupportedAddress: .* the operator may not read nodes; grant it the verb list on them\. Or give the annotation/,
    );
    await says('Accepted', /^True Accepted/, 'plain');
    await until('the other has its Service', () => serviceOf('plain'));
    expect(await serviceOf('web')).toBeUndefined();
  });

  test('has the annotation of the cloud on its Service once they may be', async () => {
    await allow([]);
    await asksFor('shop-ip');
    await says('Accepted', /^True Accepted/);
    await says('AddressesAssigned', /^False NotAssigned: .*spec\.addresses\[0\] shop-ip/);
    const service = await serviceOf('plain');
    expect(Object.keys(service?.metadata.annotations ?? {})).not.toContain(KEY);
  });

  test('is told that its load balancer has an address, and no more', async () => {
    const name = (await serviceOf('web'))?.metadata.name;
    const body = { status: { loadBalancer: { ingress: [{ ip: '192.0.2.7' }] } } };
    await cluster.client.patch(SERVICE, `${NAMESPACE}/${name}`, { type: 'merge', body }, { subresource: 'status' });
    await says('AddressesAssigned', /^True AddressesAssigned: .* asked for shop-ip .* does not say/);
  });

  test('is followed from one name to the next, and to none', async () => {
    await cluster.apply(asking('other-ip'));
    await asksFor('other-ip');
    await cluster.apply(asking('no,name'));
    await says('Accepted', /^False UnsupportedAddress: Field spec\.addresses\[0\]\.value: Google Cloud has no address of that name/);
    // A slip of the pen costs nobody the address that they have.
    await asksFor('other-ip');
    await cluster.apply(asking('shop-ip'));
    await asksFor('shop-ip');
    await cluster.apply(asking(undefined));
    await asksFor(undefined);
  });
});
