import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { gatehouseVersion } from '../../cli/version.ts';
import type { KubernetesObject } from '../../crds/object-meta.ts';
import { customResourceDefinitions } from '../../crds/print-crds.ts';
import { ENVOY_IMAGE, operatorImage } from '../../operator/images.ts';
import { GATEWAY_API_VERSION } from '../harness/gateway-api-crds.ts';
import { CHARTS, found, HOME, helm, objectsOf, rendered, type Values } from './helm.ts';
import { configurationOf, podOf } from './rendered-parts.ts';

const version = gatehouseVersion();

describe.each(['gatehouse', 'gatehouse-crds'] as const)('chart %s', (chart) => {
  test('passes `helm lint --strict`', async () => {
    expect(await helm('lint', { chart, args: ['--strict'] })).toContain('0 chart(s) failed');
  });

  test('has the version of the project', async () => {
    expect(parse(await readFile(join(CHARTS, chart, 'Chart.yaml'), 'utf8'))).toMatchObject({ version, appVersion: version });
  });
});

test('the definitions in gatehouse-crds are those of `gatehouse crds`, and stay when it goes', async () => {
  const keep = { 'helm.sh/resource-policy': 'keep' };
  const kept = await rendered({ chart: 'gatehouse-crds' });
  const expected = customResourceDefinitions() as readonly KubernetesObject[]; // made by our own code
  expect(kept.map(({ metadata: { annotations, ...metadata }, ...rest }) => ({ ...rest, metadata }))).toEqual(expected);
  expect(kept.map(({ metadata }) => metadata.annotations)).toEqual(expected.map(() => keep));
  expect(await rendered({ chart: 'gatehouse-crds', values: { keep: false } })).toEqual(expected);
  // They are a part of the other chart, unless one says otherwise.
  const definitionsIn = async (values: object) =>
    (await rendered({ values: { ...values } })).filter(({ kind }) => kind === 'CustomResourceDefinition');
  expect(await definitionsIn({})).toEqual(kept);
  expect(await definitionsIn({ crds: { enabled: false } })).toEqual([]);
});

describe('what is installed', () => {
  test('has the names that those who come from Envoy Gateway know', async () => {
    const names = (await rendered()).map(({ kind, metadata: { name } }) => `${kind} ${name}`);
    expect(names).toEqual(
      expect.arrayContaining([
        'Deployment envoy-gateway',
        'Service envoy-gateway',
        'ServiceAccount envoy-gateway',
        'ConfigMap envoy-gateway-config',
        'Job gh-certgen',
        `MutatingWebhookConfiguration envoy-gateway-topology-injector.${HOME}`,
      ]),
    );
    expect(new Set(names).size).toBe(names.length);
    // Options that nobody asked for.
    expect(
      names.filter((name) => /^(HorizontalPodAutoscaler|PodDisruptionBudget|NetworkPolicy|ServiceMonitor|Namespace) /.test(name)),
    ).toEqual([]);
  });

  test('is in one namespace, and has the labels that are asked for', async () => {
    const values = { namespaceOverride: 'gateways', commonLabels: { team: 'edge' } };
    for (const { kind, metadata } of await rendered({ values, args: ['--set', 'crds.enabled=false'] })) {
      if (!/^Cluster|Webhook/.test(kind)) expect([kind, metadata.namespace]).toEqual([kind, 'gateways']);
      expect([kind, metadata.labels?.['team']]).toEqual([kind, 'edge']);
    }
  });

  test('makes certificates before it is there, replaces them once at most, and completes the webhook after', async () => {
    const jobs = async (values: Values): Promise<readonly unknown[]> =>
      (await rendered({ values }))
        .filter(({ kind, metadata }) => kind === 'Job' && metadata.name !== 'gh-cleanup')
        .map((job) => [job.metadata.name, job.metadata.annotations?.['helm.sh/hook'], podOf(job).spec.containers[0]?.args]);
    const before = ['gh-certgen', 'pre-install,pre-upgrade'];
    const after = ['gh-ca-bundle', 'post-install,post-upgrade'];
    expect(await jobs({})).toEqual([
      [...before, ['certgen']],
      [...after, ['certgen']],
    ]);
    for (const overwrite of ['--overwrite', '-o']) {
      expect(await jobs({ certgen: { job: { args: [overwrite, '--settle-time', '5s'] } } })).toEqual([
        [...before, ['certgen', overwrite, '--settle-time', '5s']],
        [...after, ['certgen', '--settle-time', '5s']],
      ]);
    }
    expect(await jobs({ certgen: { job: { args: null } }, topologyInjector: { enabled: false } })).toEqual([
      [...before, ['certgen', '--disable-topology-injector']],
    ]);
  });

  test('runs as nobody, with all that restricted pods must say', async () => {
    const objects = await rendered();
    const jobs = [found(objects, 'Job', 'gh-certgen'), found(objects, 'Job', 'gh-ca-bundle'), found(objects, 'Job', 'gh-cleanup')];
    for (const workload of [found(objects, 'Deployment'), ...jobs]) {
      for (const container of podOf(workload).spec.containers) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'] },
          privileged: false,
          readOnlyRootFilesystem: true,
          runAsGroup: 65_532,
          runAsNonRoot: true,
          runAsUser: 65_532,
          seccompProfile: { type: 'RuntimeDefault' },
        });
        expect(container.image).toBe(operatorImage(version));
      }
    }
  });

  test('the operator is told where it is, has its files, its probes, and a heap that fits its memory', async () => {
    const { spec, metadata } = podOf(found(await rendered(), 'Deployment'));
    const [operator] = spec.containers;
    expect(metadata.labels).toMatchObject({ 'control-plane': 'envoy-gateway' });
    expect(metadata.annotations).toEqual({ 'prometheus.io/scrape': 'true', 'prometheus.io/port': '19001' });
    expect(operator).toMatchObject({
      args: ['operator', '--config', '/config/envoy-gateway.yaml'],
      ports: [
        { name: 'grpc', containerPort: 18_000 },
        { name: 'metrics', containerPort: 19_001 },
        { name: 'health', containerPort: 8081 },
        { name: 'webhook', containerPort: 9443 },
      ],
      startupProbe: { httpGet: { path: '/healthz', port: 8081 } },
      livenessProbe: { httpGet: { path: '/healthz', port: 8081 } },
      readinessProbe: { httpGet: { path: '/readyz', port: 8081 } },
      resources: { requests: { cpu: '100m', memory: '256Mi' }, limits: { memory: '1024Mi' } },
      volumeMounts: [
        { name: 'config', mountPath: '/config', readOnly: true },
        { name: 'certs', mountPath: '/certs', readOnly: true },
      ],
    });
    expect(operator?.env?.map(({ name, value, valueFrom }) => [name, value ?? valueFrom?.fieldRef.fieldPath])).toEqual([
      ['ENVOY_GATEWAY_NAMESPACE', 'metadata.namespace'],
      ['POD_NAME', 'metadata.name'],
      ['POD_IP', 'status.podIP'],
      ['KUBERNETES_CLUSTER_DOMAIN', 'cluster.local'],
      ['NODE_OPTIONS', '--max-old-space-size-percentage=60'],
    ]);
    expect(spec.volumes).toEqual([
      { name: 'config', configMap: { name: 'envoy-gateway-config' } },
      { name: 'certs', secret: { secretName: 'envoy-gateway' } },
    ]);
    const unlimited = { deployment: { envoyGateway: { resources: { limits: { memory: null } } } } };
    const [free] = podOf(found(await rendered({ values: unlimited }), 'Deployment')).spec.containers;
    expect(free?.env?.map(({ name }) => name)).not.toContain('NODE_OPTIONS');
  });

  test('the configuration is one that the operator takes', async () => {
    const { gateway, provider, logging } = await configurationOf(await rendered());
    expect(gateway.controllerName).toBe('gateway.envoyproxy.io/gatewayclass-controller');
    expect(provider.kubernetes?.shutdownManager?.image).toBe(operatorImage(version));
    expect(logging).toEqual({ encoder: 'JSON', level: { default: 'info' } });
    const own = {
      gateway: { controllerName: 'example.com/own' },
      provider: { kubernetes: { shutdownManager: { image: 'own:1' }, leaderElection: { disable: true } } },
    };
    const said = await configurationOf(await rendered({ values: { config: { envoyGateway: own }, topologyInjector: { enabled: false } } }));
    expect(said.gateway).toEqual(own.gateway);
    expect(said.provider.kubernetes).toMatchObject({ ...own.provider.kubernetes, proxyTopologyInjector: { disabled: true } });
  });

  test('images come from where one says', async () => {
    const imagesOf = async (values: object) => {
      const objects = await rendered({ values: { ...values } });
      const [operator] = podOf(found(objects, 'Deployment')).spec.containers;
      const { provider } = await configurationOf(objects);
      const proxy = operator?.env?.find(({ name }) => name === 'ENVOY_PROXY_IMAGE')?.value;
      return [operator?.image, provider.kubernetes?.shutdownManager?.image, proxy];
    };
    const mirrored = 'mirror.example.com:5000/gatehouse/gatehouse';
    expect(await imagesOf({ global: { imageRegistry: 'mirror.example.com:5000' } })).toEqual([
      `${mirrored}:${version}`,
      `${mirrored}:${version}`,
      ENVOY_IMAGE.replace('docker.io', 'mirror.example.com:5000'),
    ]);
    const images = { envoyGateway: { image: 'example.com/gatehouse:2' }, envoyProxy: { image: 'example.com/envoy:3' } };
    expect(await imagesOf({ global: { images } })).toEqual(['example.com/gatehouse:2', 'example.com/gatehouse:2', 'example.com/envoy:3']);
    const image = { repository: 'own/gatehouse', tag: '4' };
    expect(await imagesOf({ deployment: { envoyGateway: { image } } })).toEqual(['own/gatehouse:4', 'own/gatehouse:4', undefined]);
    const pulled = await rendered({ values: { global: { imagePullSecrets: [{ name: 'pull' }] } } });
    expect(podOf(found(pulled, 'Deployment')).spec.imagePullSecrets).toEqual([{ name: 'pull' }]);
    expect(podOf(found(pulled, 'Job', 'gh-certgen')).spec.imagePullSecrets).toEqual([{ name: 'pull' }]);
  });

  test('replicas are left to an autoscaler', async () => {
    const values = { hpa: { enabled: true, minReplicas: 2, maxReplicas: 5 } };
    const objects = await rendered({ values });
    expect(found(objects, 'HorizontalPodAutoscaler').spec).toMatchObject({ minReplicas: 2, maxReplicas: 5 });
    expect(found(objects, 'Deployment').spec).not.toHaveProperty('replicas');
    expect(found(await rendered(), 'Deployment').spec).toMatchObject({ replicas: 1 });
  });

  test('budget, network policy and monitor select the operator, and not the pods of hooks', async () => {
    const values = {
      podDisruptionBudget: { minAvailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow' },
      networkPolicy: { enabled: true, metricsFrom: [{ namespaceSelector: { matchLabels: { name: 'monitoring' } } }] },
      serviceMonitor: { enabled: true, interval: '15s' },
    };
    const objects = await rendered({ values });
    const { labels = {} } = podOf(found(objects, 'Deployment')).metadata;
    const { selector } = found(objects, 'Service').spec as { selector: Record<string, string> };
    const budget = found(objects, 'PodDisruptionBudget').spec;
    expect(budget).toEqual({ minAvailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow', selector: { matchLabels: selector } });
    expect(found(objects, 'NetworkPolicy').spec).toMatchObject({ podSelector: { matchLabels: selector }, policyTypes: ['Ingress'] });
    expect(labels).toMatchObject(selector);
    expect(podOf(found(objects, 'Job', 'gh-certgen')).metadata.labels).not.toMatchObject(selector);
    expect(found(objects, 'Service').metadata.labels).toMatchObject(selector);
    expect(found(objects, 'ServiceMonitor').spec).toMatchObject({ endpoints: [{ port: 'metrics', path: '/metrics', interval: '15s' }] });
    const percent = await rendered({ values: { podDisruptionBudget: { maxUnavailable: '50%' } } });
    expect(found(percent, 'PodDisruptionBudget').spec).toMatchObject({ maxUnavailable: '50%' });
  });

  test('hooks go when they have done their work; cleaning up can be switched off', async () => {
    const objects = await rendered();
    const hooks = objects.filter(({ metadata }) => metadata.annotations?.['helm.sh/hook'] !== undefined);
    expect(hooks.length).toBeGreaterThan(8);
    for (const { metadata } of hooks)
      expect(metadata.annotations).toMatchObject({ 'helm.sh/hook-delete-policy': 'before-hook-creation,hook-succeeded' });
    const args = podOf(found(objects, 'Job', 'gh-cleanup')).spec.containers[0]?.args;
    expect(args).toEqual(['cleanup', '--controller-name', 'gateway.envoyproxy.io/gatewayclass-controller']);
    const kept = await rendered({ values: { cleanup: { enabled: false } } });
    expect(kept.filter(({ metadata }) => metadata.name.includes('cleanup'))).toEqual([]);
  });

  test('a namespace of its own comes before the certificates, and no hook policy deletes it', async () => {
    const namespace = found(await rendered({ values: { createNamespace: true } }), 'Namespace', HOME);
    expect(namespace.metadata.annotations).toEqual({
      'helm.sh/hook': 'pre-install',
      'helm.sh/hook-weight': '-10',
      'helm.sh/hook-delete-policy': 'hook-failed',
    });
  });

  test('the webhook is asked about the pods of one namespace, and never holds one back', async () => {
    const { webhooks } = found(
      await rendered(),
      'MutatingWebhookConfiguration',
      `envoy-gateway-topology-injector.${HOME}`,
    ) as KubernetesObject & {
      webhooks: readonly object[];
    }; // by its kind
    expect(webhooks).toEqual([
      expect.objectContaining({
        failurePolicy: 'Ignore',
        sideEffects: 'None',
        clientConfig: { service: { name: 'envoy-gateway', namespace: HOME, path: '/inject-pod-topology', port: 9443 } },
        rules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods/binding'] }],
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': HOME } },
      }),
    ]);
    const { ports } = found(await rendered({ values: { topologyInjector: { enabled: false } } }), 'Service').spec as {
      ports: { name: string }[];
    };
    expect(ports.map(({ name }) => name)).toEqual(['grpc', 'metrics']);
  });
});

test('people are told where to get the version of the Gateway API that Gatehouse is tested with', async () => {
  for (const chart of ['gatehouse', 'gatehouse-crds'])
    expect(await readFile(join(CHARTS, chart, 'templates', 'NOTES.txt'), 'utf8')).toContain(
      `kubectl apply --server-side -f https://github.com/kubernetes-sigs/gateway-api/releases/download/${GATEWAY_API_VERSION}/standard-install.yaml`,
    );
});

test.each([
  [{ deployment: { replica: 2 } }, /replica/],
  [{ deployment: { replicas: 'two' } }, /replicas/],
  [{ config: { envoyGateway: { provider: { kubernetes: { watch: { type: 'Some' } } } } } }, /type/],
  [{ topologyinjector: { enabled: false } }, /topologyinjector/],
])('values that nobody knows are refused: %j', async (values, reason) => {
  await expect(rendered({ values })).rejects.toThrow(reason);
});

test('values of Envoy Gateway that mean nothing here are let through', async () => {
  const values = {
    global: { images: { ratelimit: { image: 'envoyproxy/ratelimit:1', pullPolicy: 'IfNotPresent' } } },
    deployment: {
      envoyGateway: { wasmCacheVolume: { sizeLimit: '1Gi' } },
      ports: [{ name: 'ratelimit', port: 18_001, targetPort: 18_001 }],
    },
    certgen: { job: { ttlSecondsAfterFinished: 10 } },
  };
  expect(objectsOf(await helm('template', { values })).length).toBeGreaterThan(10);
});
