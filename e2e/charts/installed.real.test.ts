import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { runCommand } from '../../operator/standalone/binaries/run-command.ts';
import { type AuditedWrite, type AuditLog, createAuditLog } from '../harness/audit-log.ts';
import { gatewayApiCrds } from '../harness/gateway-api-crds.ts';
import { gateway, gatewayClass, httpRoute, serviceAt } from '../harness/gateway-objects.ts';
import { type OperatorProcess, startOperator } from '../harness/operator-process.ts';
import { conditionOf, startTestCluster, type TestCluster } from '../harness/test-cluster.ts';
import { until } from '../harness/until.ts';
import { writeXdsCertificates, type XdsCertificates } from '../harness/xds-certificates.ts';
import { ApiCalls } from './api-call.ts';
import { grantedRights } from './granted-rights.ts';
import { HOME, helm, objectsOf, RELEASE, rendered, runHelm, type Values } from './helm.ts';

jest.setTimeout(180_000);

const COMMAND = join(import.meta.dirname, '../../bin/gatehouse');
const namespace = (name: string) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
const isHookOf = (event: string) => (object: KubernetesObject) =>
  object.metadata.annotations?.['helm.sh/hook']?.split(',').includes(event) === true;

/** But for the ServiceMonitor, whose definition is not here. */
const OPTIONS: Values = {
  hpa: { enabled: true, minReplicas: 2, maxReplicas: 5 },
  podDisruptionBudget: { minAvailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow' },
  networkPolicy: { enabled: true, metricsFrom: [{ namespaceSelector: { matchLabels: { name: 'monitoring' } } }] },
  deployment: { priorityClassName: 'high', replicas: 3, pod: { affinity: { podAntiAffinity: {} }, tolerations: [{ operator: 'Exists' }] } },
  service: { type: 'LoadBalancer', trafficDistribution: 'PreferClose', annotations: { a: 'b' } },
  commonLabels: { team: 'edge' },
  certgen: {
    job: { args: ['--overwrite'], pod: { labels: { a: 'b' }, annotations: { c: 'd' } }, resources: { requests: { cpu: '10m' } } },
  },
  global: { imageRegistry: 'mirror.example.com', imagePullSecrets: [{ name: 'pull' }] },
};

const GATEWAY_API = 'gateway.networking.k8s.io';
const ofGatewayApi = (kind: string, spec: object): KubernetesObject => ({
  apiVersion: `${GATEWAY_API}/v1`,
  kind,
  metadata: { namespace: 'default', name: 'other' },
  spec,
});
const EXPERIMENTS = 'gateway.networking.x-k8s.io';
const toXBackend = { backendRefs: [{ group: EXPERIMENTS, kind: 'XBackend', name: 'other' }] };
const toBackend = { parentRefs: [{ name: 'eg' }], rules: [{ backendRefs: [{ name: 'backend', port: 3000 }] }] };

/** One object of each kind whose status is written and that the quickstart does without; what the status says does not matter here. */
const OTHER_KINDS: readonly KubernetesObject[] = [
  ofGatewayApi('GRPCRoute', { ...toBackend, hostnames: ['grpc.example.com'] }),
  ofGatewayApi('HTTPRoute', { ...toBackend, hostnames: ['out.example.com'], rules: [toXBackend] }),
  ofGatewayApi('TLSRoute', { ...toBackend, hostnames: ['tls.example.com'] }),
  ofGatewayApi('TCPRoute', toBackend),
  ofGatewayApi('UDPRoute', toBackend),
  ofGatewayApi('ListenerSet', { parentRef: { name: 'eg' }, listeners: [{ name: 'more', port: 81, protocol: 'HTTP' }] }),
  ofGatewayApi('BackendTLSPolicy', {
    targetRefs: [{ group: '', kind: 'Service', name: 'backend' }],
    validation: { hostname: 'backend.example.com', wellKnownCACertificates: 'System' },
  }),
  {
    ...ofGatewayApi('XBackendTrafficPolicy', { targetRefs: [{ group: '', kind: 'Service', name: 'backend' }], retryConstraint: {} }),
    apiVersion: `${EXPERIMENTS}/v1alpha1`,
  },
  {
    ...ofGatewayApi('XBackend', { type: 'EndpointSelector', endpointSelector: { matchLabels: { app: 'other' } }, port: { number: 80 } }),
    apiVersion: `${EXPERIMENTS}/v1alpha1`,
  },
  {
    ...ofGatewayApi('XTelemetryPolicy', {
      targetRefs: [{ group: GATEWAY_API, kind: 'Gateway', name: 'eg' }],
      tracing: { mode: 'Enabled', provider: { backendRef: { name: 'backend', port: 3000 } } },
    }),
    apiVersion: `${EXPERIMENTS}/v1alpha1`,
  },
];

/** Rights that this walk has no use for, and why they are there all the same. */
const UNUSED: readonly [RegExp, string][] = [
  [/^list /, 'servers before Kubernetes 1.32 do not stream lists'],
  [/^get /, 'objects are read one by one after a conflict, and where a watch has not told yet'],
  [/^patch events/, 'the same words again within minutes raise the count of the Event that is there'],
];

describe('the chart on a real API server', () => {
  let cluster: TestCluster;
  let audit: AuditLog;
  let api: ApiCalls;
  let folder: string;
  let env: NodeJS.ProcessEnv;

  /** Writes a kubeconfig of an account of the release. */
  const accountFile = async (account: string): Promise<string> => {
    const file = join(folder, account);
    await writeFile(file, await api.kubeconfigOf(HOME, account));
    return file;
  };
  const requestsOf = async (account: string): Promise<readonly AuditedWrite[]> =>
    (await audit.writes()).filter(({ user }) => user === `system:serviceaccount:${HOME}:${account}`);
  const refused = async (account: string): Promise<readonly string[]> =>
    (await requestsOf(account))
      .filter(({ code }) => code === 403)
      .map(({ verb, resource, namespace: at }) => `${verb} ${resource} in ${at ?? '*'}`);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-chart-'));
    audit = await createAuditLog({ reads: true });
    cluster = await startTestCluster({ apiServerFlags: audit.flags });
    api = new ApiCalls(cluster.server);
    env = { ...process.env, KUBECONFIG: cluster.server.kubeconfigPath };
    for (const file of await gatewayApiCrds('standard'))
      for (const document of parseAllDocuments(await readFile(file, 'utf8'))) await api.apply(document.toJS() as KubernetesObject); // upstream's
    await cluster.installExperiments('newer');
    for (const name of [HOME, 'team-a', 'gateways']) await api.apply(namespace(name));
  });
  afterAll(async () => {
    await api.close();
    await cluster.stop();
    await audit.remove();
    await rm(folder, { recursive: true });
  });

  test.each<[string, Values]>([
    ['as it is', {}],
    ['with all options', OPTIONS],
    [
      'for some namespaces',
      { config: { envoyGateway: { provider: { kubernetes: { watch: { type: 'Namespaces', namespaces: ['team-a'] } } } } } },
    ],
    ['somewhere else', { namespaceOverride: 'gateways', topologyInjector: { enabled: false }, cleanup: { enabled: false } }],
  ])('takes every object of it, %s', async (_, values) => {
    for (const object of await rendered({ values })) await api.dryRun(object);
  });

  describe('installed', () => {
    let before: readonly string[];
    let kinds: readonly KubernetesObject[];
    let operator: OperatorProcess;
    let certificates: XdsCertificates;

    beforeAll(async () => {
      kinds = await rendered();
      before = await api.names(...kinds);
      const notes = await helm('install', { args: ['--no-hooks'], env });
      expect(notes).toContain(`kubectl wait --namespace ${HOME}`);
      expect(notes).not.toContain('The Gateway API is not installed');
      certificates = await writeXdsCertificates(HOME);
      operator = await startOperator({
        kubeconfig: await accountFile('envoy-gateway'),
        configuration: { provider: { type: 'Kubernetes' } },
        env: { ENVOY_GATEWAY_NAMESPACE: HOME, POD_NAME: 'operator-1', POD_IP: '127.0.0.1' },
        args: ['--certs-dir', certificates.folder],
      });
      await operator.ready();
    });
    afterAll(async () => {
      await operator.close();
      await certificates.remove();
    });

    test('definitions that somebody else installed are left to them', async () => {
      const server = await runHelm(
        ['template', 'other', '--dry-run=server', join(import.meta.dirname, '../../charts/gatehouse-crds')],
        env,
      );
      expect(objectsOf(server)).toEqual([]);
      const [definition] = (await rendered({ chart: 'gatehouse-crds' })).map(({ metadata: { name } }) => name);
      const found = await cluster.find('CustomResourceDefinition', definition ?? '');
      expect(found?.metadata.annotations).toMatchObject({ 'meta.helm.sh/release-name': RELEASE });
    });

    test('the operator serves the quickstart with the rights of the chart, and is refused nothing', async () => {
      await cluster.apply(gatewayClass('eg'), ...serviceAt('backend', '192.0.2.10', 3000), httpRoute('backend'));
      const proxy = (kubernetes: object): KubernetesObject => ({
        apiVersion: 'gateway.envoyproxy.io/v1alpha1',
        kind: 'EnvoyProxy',
        metadata: { namespace: 'default', name: 'p' },
        spec: { provider: { type: 'Kubernetes', kubernetes } },
      });
      const envoyService = { type: 'NodePort' };
      const plain = gateway('eg', [{ port: 80 }]);
      const infrastructure = { parametersRef: { group: 'gateway.envoyproxy.io', kind: 'EnvoyProxy', name: 'p' } };
      await cluster.apply(
        proxy({ envoyDeployment: { replicas: 2 }, envoyHpa: { maxReplicas: 3 }, envoyPDB: { minAvailable: 1 }, envoyService }),
        { ...plain, spec: Object.assign({}, plain.spec, { infrastructure }) },
      );
      const made = ['ConfigMap', 'Deployment', 'HorizontalPodAutoscaler', 'PodDisruptionBudget', 'Service', 'ServiceAccount'];
      await until('proxies are made', async () => {
        const created = (await requestsOf('envoy-gateway')).filter(({ verb, code }) => verb === 'patch' && code === 201);
        return created.length >= made.length ? true : undefined;
      });
      await until('the route is accepted', async () =>
        conditionOf(await cluster.find('HTTPRoute', 'default/backend'), 'Accepted', { parent: 'eg' }),
      );
      await cluster.apply(...OTHER_KINDS);
      for (const { kind } of OTHER_KINDS) {
        await until(`the ${kind} has a status`, async () => {
          const { status } = (await cluster.find(kind, 'default/other')) ?? {};
          return status === undefined ? undefined : true;
        });
      }
      await cluster.apply(proxy({ envoyDaemonSet: {}, envoyService }));
      await until('the autoscaler is gone', async () => {
        const deleted = (await requestsOf('envoy-gateway')).filter(
          ({ verb, resource }) => verb === 'delete' && resource === 'horizontalpodautoscalers',
        );
        return deleted.length > 0 ? true : undefined;
      });
      await until('the class is kept', async () => (await cluster.find('GatewayClass', 'eg'))?.metadata.finalizers);
      expect(await refused('envoy-gateway')).toEqual([]);
    });

    test('it makes use of what it is granted, down to the Lease that it gives back', async () => {
      await cluster.remove('Gateway', 'default/eg');
      for (const { kind } of OTHER_KINDS) await cluster.remove(kind, 'default/other');
      await until('the proxies are gone', async () =>
        (await api.names(...kinds)).some((each) => each.includes('/envoy-default-')) ? undefined : true,
      );
      await operator.close();
      const requests = await requestsOf('envoy-gateway');
      const used = requests.flatMap(({ verb, group, resource, code }) => {
        const what = group === '' ? resource : `${resource}.${group}`;
        // Server-side apply of what was not there.
        return verb === 'patch' && code === 201 ? [`create ${what}`, `patch ${what}`] : [`${verb} ${what}`];
      });
      const granted = grantedRights(kinds, 'envoy-gateway').map((right) => right.split(' ').slice(0, 2).join(' '));
      const unused = new Set(granted.filter((right) => !used.includes(right)));
      expect([...unused].filter((right) => !UNUSED.some(([known]) => known.test(right)))).toEqual([]);
      expect(await refused('envoy-gateway')).toEqual([]);
    });

    test('`helm uninstall` leaves nothing behind', async () => {
      // No controller of jobs is here: the hook runs by hand, with its own rights.
      const hooks = (await rendered()).filter(isHookOf('pre-delete'));
      const rights = hooks.filter(({ kind }) => kind !== 'Job');
      for (const object of rights) await api.apply(object);
      const args = ['cleanup', '--namespace', HOME, '--kubeconfig', await accountFile(`${RELEASE}-cleanup`)];
      const { reason, stdout } = await runCommand(COMMAND, args);
      expect(reason).toBe('');
      expect(stdout).toContain(`deleted Deployment ${HOME}/envoy-gateway\n`);
      expect(await refused(`${RELEASE}-cleanup`)).toEqual([]);
      for (const object of rights) await api.remove(object);
      await runHelm(['uninstall', RELEASE, '--namespace', HOME, '--no-hooks'], env);
      const definitions = kinds.filter(({ kind }) => kind === 'CustomResourceDefinition').map(({ metadata }) => metadata.name);
      await cluster.remove('Service', 'default/backend');
      const left = (await api.names(...kinds)).filter((each) => !before.includes(each));
      expect(left).toEqual(definitions.map((name) => `CustomResourceDefinition ${name}`));
      expect((await cluster.find('GatewayClass', 'eg'))?.metadata.finalizers).toBeUndefined();
    });
  });

  test('with rights in some namespaces, it is refused only what it asks for in vain: to list namespaces', async () => {
    const watch = { type: 'Namespaces', namespaces: ['team-a'] };
    const provider = { type: 'Kubernetes', kubernetes: { watch } };
    await helm('install', { values: { config: { envoyGateway: { provider } } }, args: ['--no-hooks', '--set', 'crds.enabled=false'], env });
    const certificates = await writeXdsCertificates(HOME);
    const begun = Date.now();
    const operator = await startOperator({
      kubeconfig: await accountFile('envoy-gateway'),
      configuration: { provider },
      env: { ENVOY_GATEWAY_NAMESPACE: HOME, POD_NAME: 'operator-2', POD_IP: '127.0.0.1' },
      args: ['--certs-dir', certificates.folder],
    });
    try {
      await operator.ready();
      const ours = gateway('eg', [{ port: 80 }]);
      await cluster.apply(gatewayClass('eg'), { ...ours, metadata: { ...ours.metadata, namespace: 'team-a' } });
      await until('the Gateway is accepted', async () => conditionOf(await cluster.find('Gateway', 'team-a/eg'), 'Accepted'));
      await until('the class is accepted', async () => conditionOf(await cluster.find('GatewayClass', 'eg'), 'Accepted'));
      await until(
        'proxies are made',
        async () => (await api.names(...(await rendered()))).some((each) => each.includes('/envoy-team-a-')) || undefined,
      );
      const refusals = (await requestsOf('envoy-gateway')).filter(({ code, at }) => code === 403 && at >= begun);
      expect([...new Set(refusals.map(({ resource, namespace: at, name }) => `${resource} ${name} in ${at ?? '*'}`))]).toEqual([
        'namespaces  in *',
      ]);
      expect(refusals.every(({ verb }) => verb === 'list' || verb === 'watch')).toBe(true);
    } finally {
      await operator.close();
      await certificates.remove();
    }
  });
});
