import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { Agent, request } from 'undici';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { ApiCalls } from '../charts/api-call.ts';
import { type OperatorProcess, startOperator } from '../harness/operator-process.ts';
import { selfSigned } from '../harness/self-signed.ts';
import { startTestCluster, type TestCluster } from '../harness/test-cluster.ts';
import { until } from '../harness/until.ts';
import { writeXdsCertificates, type XdsCertificates } from '../harness/xds-certificates.ts';

jest.setTimeout(180_000);

const HOME = 'gatehouse-zones';
const ZONE = 'topology.kubernetes.io/zone';
const PATH = '/inject-pod-topology';
const OURS = {
  'app.kubernetes.io/name': 'envoy',
  'app.kubernetes.io/component': 'proxy',
  'app.kubernetes.io/managed-by': 'envoy-gateway',
  'gateway.envoyproxy.io/owning-gateway-name': 'eg',
  'gateway.envoyproxy.io/owning-gateway-namespace': 'default',
};

/** The API server alone: what a scheduler does, the test does. */
describe('pods that are bound to nodes', () => {
  let cluster: TestCluster;
  let api: ApiCalls;
  let operator: OperatorProcess;
  let certificates: XdsCertificates;
  let port: number;

  const make = async (path: string, object: object): Promise<void> => {
    const { status, body } = await api.call('POST', path, object);
    if (status >= 300) throw new Error(`${path}: ${status} ${body.message}`);
  };
  /** Makes a pod, binds it, and answers the annotations that it has then. */
  const bound = async (name: string, node: string, { namespace = HOME, labels = {}, annotations = {} } = {}) => {
    const pods = `/api/v1/namespaces/${namespace}/pods`;
    const spec = { containers: [{ name: 'envoy', image: 'example.com/envoy' }] };
    await make(pods, { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels }, spec });
    const target = { apiVersion: 'v1', kind: 'Node', name: node };
    await make(`${pods}/${name}/binding`, { apiVersion: 'v1', kind: 'Binding', metadata: { name, annotations }, target });
    const { body } = await api.call('GET', `${pods}/${name}`);
    expect((body as KubernetesObject & { readonly spec: { readonly nodeName: string } }).spec.nodeName).toBe(node); // a Pod's
    return body.metadata.annotations ?? {};
  };
  const node = (name: string, labels: object) => make('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name, labels } });
  const counted = async (status: string): Promise<number> => {
    const { body } = await operator.read('metrics', '/metrics');
    return Number(new RegExp(`^topology_injector_webhook_events_total\\{status="${status}"\\} (\\d+)`, 'm').exec(body)?.[1] ?? 0);
  };
  const renewed = async (): Promise<string> => {
    const { certificate, key } = selfSigned('envoy-gateway', 'localhost');
    await writeFile(join(certificates.folder, 'tls.key'), key);
    await writeFile(join(certificates.folder, 'tls.crt'), certificate);
    await writeFile(join(certificates.folder, 'ca.crt'), certificate + certificates.proxy.certificate);
    return certificate;
  };
  /** As the chart installs it, but for where it is. */
  const webhook = async (ca: string): Promise<void> =>
    api.apply(
      Object.assign(
        { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'MutatingWebhookConfiguration', metadata: { name: 'topology' } },
        {
          webhooks: [
            {
              name: 'topology.webhook.gateway.envoyproxy.io',
              admissionReviewVersions: ['v1'],
              sideEffects: 'None',
              failurePolicy: 'Ignore',
              timeoutSeconds: 5,
              clientConfig: { url: `https://localhost:${port}${PATH}`, caBundle: Buffer.from(ca).toString('base64') },
              rules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods/binding'] }],
            },
          ],
        },
      ),
    );

  beforeAll(async () => {
    cluster = await startTestCluster();
    await cluster.installCrds();
    api = new ApiCalls(cluster.server);
    await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: HOME } });
    await node('a', { [ZONE]: 'zone-a' });
    await node('nowhere', {});
    certificates = await writeXdsCertificates(HOME);
    const certificate = await renewed();
    operator = await startOperator({
      kubeconfig: cluster.server.kubeconfigPath,
      configuration: { provider: { type: 'Kubernetes' } },
      env: { ENVOY_GATEWAY_NAMESPACE: HOME },
      args: ['--certs-dir', certificates.folder, '--log-format', 'json'],
    });
    await operator.ready();
    port = Number(/topology injector on port (\d+)/.exec(await operator.line(/topology injector on port/))?.[1]);
    await webhook(certificate);
    let tries = 0;
    // The API server takes a webhook into use a moment after it is written.
    await until('the webhook is asked', async () => {
      tries += 1;
      const annotations = await bound(`warm-up-${tries}`, 'a', { labels: OURS });
      return annotations[ZONE] === undefined ? undefined : true;
    });
  });
  afterAll(async () => {
    await operator.close();
    await api.close();
    await cluster.stop();
    await certificates.remove();
  });

  test('proxies of ours are told the zone of their node', async () => {
    const before = await counted('success');
    expect(await bound('proxy', 'a', { labels: OURS, annotations: { kept: 'yes' } })).toEqual({ kept: 'yes', [ZONE]: 'zone-a' });
    expect(await counted('success')).toBe(before + 1);
  });

  test('other pods are not, and neither are ours on a node without a zone', async () => {
    const before = await counted('no_action');
    expect(await bound('foreign', 'a', { labels: { ...OURS, 'app.kubernetes.io/managed-by': 'helm' } })).toEqual({});
    expect(await bound('elsewhere', 'a', { namespace: 'default', labels: OURS })).toEqual({});
    expect(await bound('unzoned', 'nowhere', { labels: OURS })).toEqual({});
    expect(await counted('no_action')).toBe(before + 3);
  });

  test('a node that cannot be read keeps no pod away; it is said, with what it is about in fields', async () => {
    const before = await counted('failure');
    expect(await bound('lost', 'unknown', { labels: OURS })).toEqual({});
    expect(await counted('failure')).toBe(before + 1);
    expect(JSON.parse(await operator.line(/without being told its zone/))).toMatchObject({
      level: 'warn',
      kind: 'Pod',
      namespace: HOME,
      name: 'lost',
      node: 'unknown',
      message: expect.stringMatching(/^Pod gatehouse-zones\/lost goes to node unknown without being told its zone: .*404/),
    });
  });

  test.each([
    ['another path', 404, '/', '{}'],
    ['what is no review', 400, PATH, '{}'],
    ['a body without end', 413, PATH, 'x'.repeat(1_000_000)],
  ])('%s is answered %d', async (_what, status, path, body) => {
    const ca = await readFile(join(certificates.folder, 'tls.crt'), 'utf8');
    const dispatcher = new Agent({ connect: { ca } });
    const answer = await request(`https://localhost:${port}${path}`, { method: 'POST', body, dispatcher });
    expect(answer.statusCode).toBe(status);
    await answer.body.dump();
    await dispatcher.destroy();
  });

  test('a new certificate is shown without a new start', async () => {
    await webhook(await renewed());
    await operator.line(/Certificates of .* have changed and are in use/);
    let tries = 0;
    await until('the new certificate is trusted', async () => {
      tries += 1;
      const annotations = await bound(`renewed-${tries}`, 'a', { labels: OURS });
      return annotations[ZONE] === undefined ? undefined : true;
    });
  });

  test('without it pods go to their nodes all the same', async () => {
    await operator.stop('SIGTERM', 20_000);
    expect(await bound('alone', 'a', { labels: OURS })).toEqual({});
  });
});
