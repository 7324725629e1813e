import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { cleanUp } from '../../operator/cleanup.ts';
import type { ResourceKind } from '../../operator/cluster/resource-kind.ts';
import { CONFIG_MAP, DEPLOYMENT, PROXY_KINDS } from '../../operator/infrastructure/kubernetes/proxy-kinds.ts';
import { MANAGED_BY } from '../../operator/infrastructure/kubernetes/proxy-owner.ts';
import { CONTROLLER, gateway, gatewayClass } from '../harness/gateway-objects.ts';
import { type OperatorProcess, startOperator } from '../harness/operator-process.ts';
import { selfSigned } from '../harness/self-signed.ts';
import { startTestCluster, type TestCluster } from '../harness/test-cluster.ts';
import { until } from '../harness/until.ts';
import { writeXdsCertificates, type XdsCertificates } from '../harness/xds-certificates.ts';

jest.setTimeout(180_000);

const HOME = 'gatehouse';
const GATEWAY = 'default/eg';
const PROPAGATION = 'GatewayInfrastructure';

/** The API server alone; what controllers do to Deployments, the test does. The tests go on from each other. */
describe('an operator whose proxies move to the namespaces of their Gateways', () => {
  let cluster: TestCluster;
  let operator: OperatorProcess;
  let certificates: XdsCertificates;
  let folder: string;

  const configuration = (): string => join(folder, 'envoy-gateway.yaml');
  const configure = (type: string): Promise<void> => {
    const provider = { type: 'Kubernetes', kubernetes: { deploy: { type } } };
    return writeFile(configuration(), JSON.stringify({ apiVersion: 'gateway.envoyproxy.io/v1alpha1', kind: 'EnvoyGateway', provider }));
  };
  /** As `<namespace>/<kind>`, sorted. */
  const proxies = async (): Promise<readonly string[]> => {
    const lists = await Promise.all(PROXY_KINDS.map((kind) => cluster.client.list(kind, { labelSelector: MANAGED_BY })));
    return lists.flatMap(({ items }) => items.map(({ kind, metadata }) => `${metadata.namespace}/${kind}`)).sort();
  };
  const WHOLE = ['ConfigMap', 'Deployment', 'Service', 'ServiceAccount'];
  const untilThere = (...wanted: readonly string[]): Promise<boolean> =>
    until(`there is ${wanted.join(', ')}`, async () => {
      const found = await proxies();
      if (JSON.stringify(found) === JSON.stringify(wanted.toSorted())) return true;
      throw new Error(found.join(', '));
    });
  const claims = async (): Promise<boolean> => {
    const { supportedFeatures = [] } = ((await cluster.find('GatewayClass', 'eg'))?.status ?? {}) as Status; // checked by its CRD
    return supportedFeatures.some(({ name }) => name === PROPAGATION);
  };
  const serve = (kind: ResourceKind, key: string): Promise<unknown> =>
    cluster.client.patch(
      kind,
      key,
      { type: 'merge', body: { status: { replicas: 1, readyReplicas: 1, availableReplicas: 1 } } },
      { subresource: 'status' },
    );
  const nameAtHome = async (): Promise<string> =>
    (await cluster.client.list(DEPLOYMENT, { namespace: HOME })).items.map(({ metadata }) => metadata.name).join();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gh-mode-'));
    certificates = await writeXdsCertificates(HOME);
    cluster = await startTestCluster();
    await cluster.installCrds();
    await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: HOME } });
    await configure('ControllerNamespace');
    operator = await startOperator({
      kubeconfig: cluster.server.kubeconfigPath,
      env: { ENVOY_GATEWAY_NAMESPACE: HOME },
      args: ['--certs-dir', certificates.folder, '--config', configuration()],
    });
    await operator.ready();
    await cluster.apply(gatewayClass('eg'), gateway('eg', [{ port: 80 }]));
    await untilThere(...WHOLE.map((kind) => `${HOME}/${kind}`));
    await serve(DEPLOYMENT, `${HOME}/${await nameAtHome()}`);
    expect(await claims()).toBe(false);
  });
  afterAll(async () => {
    await operator.close();
    await cluster.stop();
    await certificates.remove();
    await rm(folder, { recursive: true, force: true });
  });

  test('it begins anew and makes others there; those with the controller stay until these serve', async () => {
    await configure('GatewayNamespace');
    await operator.line(/begins anew: provider\.kubernetes\.deploy\.type cannot change while it runs/);
    await untilThere(...WHOLE.flatMap((kind) => [`${HOME}/${kind}`, `default/${kind}`]));
    await until('the class claims it', async () => (await claims()) || undefined);
    await serve(DEPLOYMENT, GATEWAY);
    await untilThere(...WHOLE.map((kind) => `default/${kind}`));
  });

  test('they have the CA of the controller, also when there is another', async () => {
    const trusted = async (): Promise<unknown> =>
      ((await cluster.client.get(CONFIG_MAP, GATEWAY)) as KubernetesObject & Data).data['ca.crt']; // core/v1
    const file = join(certificates.folder, 'ca.crt');
    const before = await readFile(file, 'utf8');
    expect(await trusted()).toBe(before);
    const after = before + selfSigned('next').certificate;
    await writeFile(file, after);
    await until('it has the other one', async () => ((await trusted()) === after ? true : undefined));
  });

  test('`gatehouse cleanup` finds them there, where it is told to look', async () => {
    await operator.close();
    const clean = (places: readonly string[]): Promise<void> =>
      cleanUp({
        client: cluster.client,
        namespace: HOME,
        places,
        controllerName: CONTROLLER,
        report: () => undefined,
        stop: new AbortController().signal,
      });
    await clean([]);
    expect(await proxies()).toHaveLength(WHOLE.length);
    await clean(['']);
    await untilThere();
  });
});

interface Status {
  readonly supportedFeatures?: readonly { readonly name: string }[];
}

interface Data {
  readonly data: Readonly<Record<string, string>>;
}
