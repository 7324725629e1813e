import { admitted, complaints } from '../testing/admission-of.ts';

const proxy = (spec: object): object => ({
  apiVersion: 'gateway.envoyproxy.io/v1alpha1',
  kind: 'EnvoyProxy',
  metadata: { name: 'p' },
  spec,
});
const kubernetes = (fields: object): object => proxy({ provider: { type: 'Kubernetes', kubernetes: fields } });

test('an empty EnvoyProxy logs warnings', () => {
  expect(admitted(proxy({}))).toEqual({ logging: { level: { default: 'warn' } } });
  expect(admitted(proxy({ logging: { level: { router: 'debug' } } }))).toEqual({ logging: { level: { router: 'debug' } } });
});

test('Services get the defaults of the contract', () => {
  expect(admitted(kubernetes({ envoyService: {} }))).toMatchObject({
    provider: { kubernetes: { envoyService: { type: 'LoadBalancer', externalTrafficPolicy: 'Local' } } },
  });
});

test('the shapes of Kubernetes are passed on as they are', () => {
  const pod = { affinity: { anything: { at: ['all'] } }, volumes: [{ name: 'v', emptyDir: {} }] };
  expect(admitted(kubernetes({ envoyDeployment: { pod } }))).toMatchObject({ provider: { kubernetes: { envoyDeployment: { pod } } } });
});

test.each<[string, object, string]>([
  [
    'a Deployment beside a DaemonSet',
    kubernetes({ envoyDeployment: {}, envoyDaemonSet: {} }),
    'spec.provider.kubernetes: only one of envoyDeployment or envoyDaemonSet can be specified',
  ],
  [
    'fewer at most than at least',
    kubernetes({ envoyHpa: { minReplicas: 3, maxReplicas: 2 } }),
    'spec.provider.kubernetes.envoyHpa: maxReplicas cannot be less than minReplicas',
  ],
  [
    'no replicas',
    kubernetes({ envoyHpa: { maxReplicas: 0 } }),
    'spec.provider.kubernetes.envoyHpa.maxReplicas: maxReplicas must be greater than 0',
  ],
  [
    'a load balancer field on a ClusterIP',
    kubernetes({ envoyService: { type: 'ClusterIP', loadBalancerIP: '10.0.0.1' } }),
    'spec.provider.kubernetes.envoyService: loadBalancerIP can only be set for LoadBalancer type',
  ],
  [
    'an image repository with a tag',
    kubernetes({ envoyDeployment: { container: { imageRepository: 'example.com/envoy:v1' } } }),
    'spec.provider.kubernetes.envoyDeployment.container.imageRepository: ImageRepository must contain only allowed characters and must not include a tag.',
  ],
  [
    'the wrong IP',
    kubernetes({ envoyService: { loadBalancerIP: '::1' } }),
    'spec.provider.kubernetes.envoyService.loadBalancerIP: loadBalancerIP must be a valid IPv4 address',
  ],
  [
    'TLS versions crossed',
    proxy({ backendTLS: { minVersion: '1.3', maxVersion: '1.2' } }),
    'spec.backendTLS: minVersion must be smaller or equal to maxVersion',
  ],
  [
    'a maximum below the default minimum',
    proxy({ backendTLS: { maxVersion: '1.1' } }),
    'spec.backendTLS: minVersion must be smaller or equal to maxVersion',
  ],
  [
    'merged Gateways and backends',
    proxy({ mergeGateways: true, mergeBackends: {} }),
    'spec: mergeGateways and mergeBackends cannot both be enabled',
  ],
  [
    'a filter order that says nothing',
    proxy({ filterOrder: [{ name: 'envoy.filters.http.cors' }] }),
    'spec.filterOrder[0]: one of before or after must be specified',
  ],
  [
    'a module twice',
    proxy({ dynamicModules: ['/a.so', '/b.so'].map((path) => ({ name: 'm', source: { local: { path } } })) }),
    'spec.dynamicModules[1]: repeats spec.dynamicModules[0]: name "m" may be there once',
  ],
  [
    'an unknown log level',
    proxy({ logging: { level: { default: 'loud' } } }),
    'spec.logging.level.default: must be one of trace, debug, info, warn, error, off, critical, not "loud"',
  ],
])('refuses %s', (_, object, complaint) => {
  expect(complaints(object)).toContain(complaint);
});
