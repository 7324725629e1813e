import { credentials, status } from '@grpc/grpc-js';
import { jest } from '@jest/globals';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { AUTOSCALER, DEPLOYMENT, PROXY_KINDS, SERVICE } from '../../operator/infrastructure/kubernetes/proxy-kinds.ts';
import { DeltaClient } from '../../xds/testing/delta-client.ts';
import { gateway, gatewayClass } from '../harness/gateway-objects.ts';
import { type OperatorProcess, startOperator } from '../harness/operator-process.ts';
import { conditionOf, startTestCluster, type TestCluster } from '../harness/test-cluster.ts';
import { until } from '../harness/until.ts';
import { writeXdsCertificates, type XdsCertificates } from '../harness/xds-certificates.ts';

jest.setTimeout(180_000);

const NAMESPACE = 'gatehouse-proxies';
const NAME = 'envoy-default-eg-';
const VERBS = ['get', 'list', 'watch', 'create', 'patch', 'delete'];

/** The API server alone: what the controllers of a cluster do to Deployments and Services, the test does. No Envoy runs. */
describe('an operator with proxies in its cluster', () => {
  let cluster: TestCluster;
  let operator: OperatorProcess;
  let certificates: XdsCertificates;

  const operate = (kubeconfig = cluster.server.kubeconfigPath): Promise<OperatorProcess> =>
    startOperator({
      kubeconfig,
      configuration: { provider: { type: 'Kubernetes' } },
      env: { ENVOY_GATEWAY_NAMESPACE: NAMESPACE },
      args: ['--certs-dir', certificates.folder],
    });

  /** What there is of proxies, as `<kind> <name>`. */
  const proxies = async (): Promise<readonly string[]> => {
    const lists = await Promise.all(PROXY_KINDS.map((kind) => cluster.client.list(kind, { namespace: NAMESPACE })));
    return lists.flatMap(({ items }) => items.map(({ kind, metadata }) => `${kind} ${metadata.name}`));
  };
  const untilThere = (prefix: string): Promise<string> =>
    until(`there is ${prefix}`, async () => (await proxies()).find((each) => each.startsWith(prefix))?.split(' ')[1]);
  const untilNone = (prefix: string): Promise<boolean> =>
    until(`there is no ${prefix}`, async () => (await proxies()).every((each) => !each.startsWith(prefix)) || undefined);
  const programmed = (reason: string): Promise<KubernetesObject> =>
    until(`the Gateway says ${reason}`, async () => {
      const found = await cluster.find('Gateway', 'default/eg');
      if (found !== undefined && conditionOf(found, 'Programmed')?.reason === reason) return found;
      throw new Error(JSON.stringify(found?.status));
    });

  beforeAll(async () => {
    certificates = await writeXdsCertificates(NAMESPACE);
    cluster = await startTestCluster();
    await cluster.installCrds();
    await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
    operator = await operate();
    await operator.ready();
  });
  afterAll(async () => {
    await operator.close();
    await cluster.stop();
    await certificates.remove();
  });

  test('makes what a Gateway needs, and says how far it is', async () => {
    await cluster.apply(gatewayClass('eg'), gateway('eg', [{ port: 80 }]));
    const name = await untilThere(`Service ${NAME}`);
    expect((await proxies()).map((each) => each.split(' ')[0])).toEqual(['ServiceAccount', 'ConfigMap', 'Deployment', 'Service']);
    const found = await programmed('NoResources');
    expect(conditionOf(found, 'Programmed')?.message).toBe('Envoy replicas unavailable: 0 of 1 are ready.');
    const ingress = [{ ip: '192.0.2.7' }, { hostname: 'lb.example.com' }];
    const body = { status: { loadBalancer: { ingress } } };
    await cluster.client.patch(SERVICE, `${NAMESPACE}/${name}`, { type: 'merge', body }, { subresource: 'status' });
    await until('the addresses are shown', async () => {
      const status = (await cluster.find('Gateway', 'default/eg'))?.status;
      expect(status).toMatchObject({
        addresses: [
          { type: 'IPAddress', value: '192.0.2.7' },
          { type: 'Hostname', value: 'lb.example.com' },
        ],
      });
      return true;
    });
    const { body: metrics } = await operator.read('metrics', '/metrics');
    expect(metrics).toMatch(
      /^resource_apply_total\{kind="Service",name="envoy-default-eg-[0-9a-f]+",namespace="gatehouse-proxies",status="success",reason=""\} 1$/m,
    );
  });

  test('serves proxies that prove to be of its namespace, and nobody else', async () => {
    const port = /xDS on 0\.0\.0\.0:(\d+)/.exec(await operator.line(/xDS on /))?.[1];
    const options = { 'grpc.ssl_target_name_override': 'envoy-gateway', 'grpc.default_authority': 'envoy-gateway' };
    const { server, proxy } = certificates;
    const [ca, key, certificate] = [server.certificate, proxy.key, proxy.certificate].map((text) => Buffer.from(text));
    const ask = async (creds: ReturnType<typeof credentials.createSsl>): Promise<unknown> => {
      const client = new DeltaClient(
        `127.0.0.1:${port}`,
        { id: 'pod-1', cluster: 'default/eg' },
        { channel: { credentials: creds, options } },
      );
      try {
        client.ask('listener', { subscribe: ['*'] });
        const [first] = await client.take('listener');
        return client.status?.code ?? Object.keys(first?.resources ?? {});
      } finally {
        client.close();
      }
    };
    expect(await ask(credentials.createSsl(ca, key, certificate))).toContain('default/eg/http');
    expect(await ask(credentials.createSsl(ca))).toBe(status.UNAVAILABLE);
    expect(await ask(credentials.createInsecure())).toBe(status.UNAVAILABLE);
  });

  test('follows what an EnvoyProxy says, and takes away what it no longer asks for', async () => {
    const parameters = (envoyHpa?: object): KubernetesObject => ({
      apiVersion: 'gateway.envoyproxy.io/v1alpha1',
      kind: 'EnvoyProxy',
      metadata: { namespace: 'default', name: 'p' },
      spec: { provider: { type: 'Kubernetes', kubernetes: { envoyDeployment: { replicas: 3 }, ...(envoyHpa && { envoyHpa }) } } },
    });
    const plain = gateway('eg', [{ port: 80 }]);
    const infrastructure = { parametersRef: { group: 'gateway.envoyproxy.io', kind: 'EnvoyProxy', name: 'p' } };
    await cluster.apply(parameters({ minReplicas: 2, maxReplicas: 5 }), {
      ...plain,
      spec: Object.assign({}, plain.spec, { infrastructure }),
    });
    const name = await untilThere(`HorizontalPodAutoscaler ${NAME}`);
    expect((await cluster.client.get(AUTOSCALER, `${NAMESPACE}/${name}`)).spec).toMatchObject({ maxReplicas: 5 });
    await cluster.apply(parameters());
    await untilNone('HorizontalPodAutoscaler');
    await until('there are three replicas', async () => {
      const { spec } = await cluster.client.get(DEPLOYMENT, `${NAMESPACE}/${name}`);
      expect(spec).toMatchObject({ replicas: 3 });
      return true;
    });
    await cluster.apply(plain);
  });

  test('keeps the proxies of a Gateway that has nothing to serve for a while', async () => {
    await cluster.apply(gateway('eg', [{ name: 'https', port: 443, secret: 'missing' }]));
    await programmed('Invalid');
    await cluster.apply(gateway('other', [{ port: 80 }]));
    await untilThere('Service envoy-default-other-');
    await untilThere(`Service ${NAME}`);
    await untilThere(`Deployment ${NAME}`);
  });

  test('deletes nothing while it may not read Gateways, and what is left over once it may', async () => {
    await operator.close();
    await cluster.remove('Gateway', 'default/eg');
    const group = 'rbac.authorization.k8s.io';
    const everything = [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }];
    const other = (resources: readonly string[]) => ({ apiGroups: ['gateway.networking.k8s.io'], resources, verbs: ['*'] });
    const proxiesOnly = [
      { apiGroups: ['', 'apps', 'autoscaling', 'policy'], resources: PROXY_KINDS.map(({ plural }) => plural), verbs: VERBS },
      {
        apiGroups: ['', 'discovery.k8s.io', 'gateway.envoyproxy.io', 'apiextensions.k8s.io', 'events.k8s.io'],
        resources: ['*'],
        verbs: ['*'],
      },
      other(['gatewayclasses', 'gatewayclasses/status', 'gatewayclasses/finalizers', 'grpcroutes', 'httproutes', 'referencegrants']),
    ];
    const role = (rules: readonly object[]) => ({ apiVersion: `${group}/v1`, kind: 'ClusterRole', metadata: { name: 'operator' }, rules });
    const subjects = [{ apiGroup: group, kind: 'User', name: 'restricted' }];
    const roleRef = { apiGroup: group, kind: 'ClusterRole', name: 'operator' };
    const head = { apiVersion: `${group}/v1`, kind: 'ClusterRoleBinding', metadata: { name: 'operator' } };
    await cluster.apply(role(proxiesOnly), { ...head, ...{ roleRef, subjects } });
    operator = await operate(cluster.server.restrictedKubeconfigPath);
    await operator.ready();
    await operator.line(/gateways\.gateway\.networking\.k8s\.io may not be listed and watched/);
    const before = await proxies();
    expect(before).toEqual(expect.arrayContaining([expect.stringContaining(`Service ${NAME}`)]));
    await cluster.apply(role(everything));
    await untilNone(`Service ${NAME}`);
    await untilNone(`ServiceAccount ${NAME}`);
    await untilThere('Service envoy-default-other-');
  });

  test('takes the proxies away with their Gateway, and with a class that is not ours', async () => {
    await cluster.apply(gatewayClass('theirs', 'example.com/other'));
    await cluster.apply(gateway('other', [{ port: 80 }], 'theirs'));
    await until('nothing is left', async () => ((await proxies()).length === 0 ? true : undefined));
  });
});
