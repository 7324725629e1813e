import { access, readFile } from 'node:fs/promises';
import { Agent, request } from 'undici';
import { parseAllDocuments } from 'yaml';
import { gatewayApiCrds } from './gateway-api-crds.ts';
import { type KubernetesServer, startKubernetesServer } from './kubernetes-server.ts';
import { until } from './until.ts';

describe('a real API server', () => {
  let server: KubernetesServer;
  let dispatcher: Agent;

  beforeAll(async () => {
    server = await startKubernetesServer();
    dispatcher = new Agent({ connect: { ca: server.ca } });
  }, 120_000);

  afterAll(async () => {
    await dispatcher.destroy();
    await server.stop();
    await expect(access(server.kubeconfigPath)).rejects.toThrow('ENOENT');
  });

  const call = async (method: 'GET' | 'POST', path: string, options: { token?: string; body?: unknown } = {}) => {
    const { token = server.token, body } = options;
    const response = await request(`${server.url}${path}`, {
      method,
      dispatcher,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
    });
    return { status: response.statusCode, body: (await response.body.json()) as Record<string, unknown> };
  };

  test('knows its own version', async () => {
    const version = await call('GET', '/version');
    expect(version.body['gitVersion']).toMatch(/^v1\.\d+\.\d+$/);
  });

  test('lets a user without rights do nothing', async () => {
    expect((await call('GET', '/api/v1/secrets', { token: server.restrictedToken })).status).toBe(403);
    expect((await call('GET', '/api/v1/secrets')).status).toBe(200);
  });

  test('takes the upstream CRDs and serves the API', async () => {
    for (const file of await gatewayApiCrds('standard')) {
      for (const document of parseAllDocuments(await readFile(file, 'utf8'))) {
        const object = document.toJS() as { kind?: string } | null;
        if (object?.kind !== 'CustomResourceDefinition') continue;
        const created = await call('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', { body: object });
        expect(created.status).toBe(201);
      }
    }
    const served = async () => (await call('GET', '/apis/gateway.networking.k8s.io/v1/httproutes')).status === 200 || undefined;
    await until('HTTPRoutes are served', served);
  }, 60_000);

  test('keeps its objects and its address over an outage', async () => {
    const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kept' }, data: { answer: '42' } };
    expect((await call('POST', '/api/v1/namespaces/default/configmaps', { body: configMap })).status).toBe(201);
    await server.stopApiServer();
    await expect(call('GET', '/version')).rejects.toThrow();
    await server.startApiServer();
    expect((await call('GET', '/api/v1/namespaces/default/configmaps/kept')).body['data']).toEqual({ answer: '42' });
  }, 60_000);

  test('has a kubeconfig that names it', async () => {
    const kubeconfig = JSON.parse(await readFile(server.kubeconfigPath, 'utf8')) as { clusters: { cluster: { server: string } }[] };
    expect(kubeconfig.clusters[0]?.cluster.server).toBe(server.url);
  });
});
