import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { jest } from '@jest/globals';
import { ApiCalls } from '../../e2e/charts/api-call.ts';
import { startTestCluster, type TestCluster } from '../../e2e/harness/test-cluster.ts';
import { runCommand } from '../standalone/binaries/run-command.ts';

jest.setTimeout(120_000);

const COMMAND = fileURLToPath(new URL('../../bin/gatehouse', import.meta.url));
const RBAC = 'rbac.authorization.k8s.io';
const ACCOUNT = 'looker';

describe('a check by somebody who may not read everything', () => {
  let cluster: TestCluster;
  let api: ApiCalls;
  let folder: string;

  const grant = async (...rules: readonly object[]): Promise<void> => {
    await api.apply({ apiVersion: `${RBAC}/v1`, kind: 'ClusterRole', metadata: { name: ACCOUNT }, ...{ rules } });
  };
  const reading = (apiGroups: readonly string[], resources: readonly string[]): object => ({
    apiGroups,
    resources,
    verbs: ['get', 'list'],
  });
  const check = async () => await runCommand(COMMAND, ['migrate', 'check', '--kubeconfig', join(folder, 'kubeconfig')]);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gh-migrate-'));
    cluster = await startTestCluster();
    api = new ApiCalls(cluster.server);
    await cluster.installCrds();
    await api.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace: 'default', name: ACCOUNT } });
    await grant();
    await api.apply({
      apiVersion: `${RBAC}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: ACCOUNT },
      ...{
        roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: ACCOUNT },
        subjects: [{ kind: 'ServiceAccount', namespace: 'default', name: ACCOUNT }],
      },
    });
    await writeFile(join(folder, 'kubeconfig'), await api.kubeconfigOf('default', ACCOUNT));
  });
  afterAll(async () => {
    await api.close();
    await cluster.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test('says nothing of the cluster, but all at once what is missing', async () => {
    await grant(
      reading(['apiextensions.k8s.io'], ['customresourcedefinitions']),
      reading(['gateway.networking.k8s.io', 'gateway.envoyproxy.io', 'apps', 'autoscaling', 'policy'], ['*']),
      reading([''], ['services', 'namespaces', 'serviceaccounts']),
    );
    const { ok, stdout, reason } = await check();
    expect([ok, stdout]).toEqual([false, '']);
    expect(reason).toContain(
      'error: migrate check may not read all that it has to look at, so it says nothing. These rights are missing: ' +
        'get configmaps envoy-gateway-config in envoy-gateway-system, list configmaps in *, list secrets in *. Grant them to this user, or',
    );
  });

  test('who may not even read which kinds there are is told so, too', async () => {
    await grant(reading([''], ['*']));
    expect((await check()).reason).toContain('list customresourcedefinitions.apiextensions.k8s.io in *');
  });

  test('with all rights it goes on', async () => {
    await grant(
      reading(['apiextensions.k8s.io'], ['customresourcedefinitions']),
      reading(['', 'gateway.networking.k8s.io', 'gateway.envoyproxy.io', 'apps', 'autoscaling', 'policy'], ['*']),
    );
    expect((await check()).reason).not.toContain('rights are missing');
  });
});
