import type { EnvoyProxySpec } from '../../../crds/gateway-envoyproxy-io/envoy-proxy.ts';
import { SPEC_WITHOUT_PROXY } from '../../../translators/gateway-api/proxy/effective-proxy.ts';
import type { InfraNode } from '../../../translators/ir/infra-node.ts';
import { infraNode } from '../../../translators/testing/infra-nodes.ts';
import { defaultRenderOptions } from './default-options.ts';
import { type RenderOptions, renderFleet } from './render.ts';

const OPTIONS = defaultRenderOptions('1.2.3');

function rendered(spec: Partial<EnvoyProxySpec> = {}, options: Partial<RenderOptions> = {}, infra: Partial<InfraNode> = {}) {
  const node = infraNode(80, { proxy: { ...SPEC_WITHOUT_PROXY, ...spec }, ...infra });
  const result = renderFleet(node, { ...OPTIONS, ...options });
  if (!result.ok) throw new Error(result.problem.message);
  return result.value;
}

const kubernetes = (fields: NonNullable<NonNullable<EnvoyProxySpec['provider']>['kubernetes']>): Partial<EnvoyProxySpec> => ({
  provider: { type: 'Kubernetes', kubernetes: fields },
});

test('objects come in the order in which they are applied', () => {
  const all = rendered(kubernetes({ envoyHpa: { maxReplicas: 2 }, envoyPDB: { minAvailable: 1 } }));
  expect(all.map(({ kind }) => kind)).toEqual([
    'ServiceAccount',
    'ConfigMap',
    'Deployment',
    'Service',
    'HorizontalPodAutoscaler',
    'PodDisruptionBudget',
  ]);
  expect(rendered(kubernetes({ envoyDaemonSet: {} })).map(({ kind }) => kind)).toContain('DaemonSet');
});

test('the same fleet is rendered the same', () => {
  expect(JSON.stringify(rendered())).toBe(JSON.stringify(rendered()));
});

test('who has no uid owns nothing', () => {
  expect(JSON.stringify(rendered())).not.toContain('ownerReferences');
  const owner = { apiVersion: 'a/v1', kind: 'K', name: 'n', uid: 'u' };
  for (const { metadata } of rendered({}, {}, { owner })) expect(metadata.ownerReferences).toEqual([owner]);
});

describe('in the namespace of the Gateway', () => {
  const names = (name: string, spec: Partial<EnvoyProxySpec> = {}): readonly string[] =>
    rendered(spec, { deploy: 'GatewayNamespace' }, { name, namespace: 'shop' }).map(
      ({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`,
    );

  test('all has its name, as far as that can be', () => {
    expect(names('web')).toEqual(['ServiceAccount shop/web', 'ConfigMap shop/web', 'Deployment shop/web', 'Service shop/web']);
    expect(names('a'.repeat(63))).toContain(`Service shop/${'a'.repeat(63)}`);
    const own = { envoyService: { name: 'web' }, envoyServiceAccount: { name: 'proxies' } };
    expect(names('web.example.com', kubernetes(own as never))).toEqual([
      'ServiceAccount shop/proxies',
      'ConfigMap shop/web.example.com',
      'Deployment shop/web.example.com',
      'Service shop/web',
    ]);
  });

  test.each(['a'.repeat(64), 'web.example.com', '1st'])('%s is no name of a Service', (name) => {
    expect(() => names(name)).toThrow(
      `Service shop/${name} cannot be made: the name of a Service has at most 63 characters of a-z, 0-9 and -, and begins with a letter. Rename the Gateway`,
    );
  });

  test('the CA is that of the options', () => {
    const text = JSON.stringify(rendered({}, { deploy: 'GatewayNamespace', trustedCa: 'PEM' }, { namespace: 'shop' }));
    expect(text).toContain('"ca.crt":"PEM"');
    expect(text).not.toContain('secretName');
  });
});

test('without the topology injector nothing waits for the other proxies', () => {
  expect(JSON.stringify(rendered())).toContain('local_cluster');
  expect(JSON.stringify(rendered({}, { topologyInjector: false }))).not.toContain('local_cluster');
});

test('the control plane is where the options say', () => {
  const text = JSON.stringify(rendered({}, { namespace: 'gates', clusterDomain: 'example.net', xdsPort: 18_500 }));
  expect(text).toContain('address: \\"envoy-gateway.gates.svc.example.net.\\"');
  expect(text).toContain('port_value: 18500');
});

test.each([
  ['docker.io/envoyproxy/envoy:distroless-v1', 'mirror.example.com/envoy', 'mirror.example.com/envoy:distroless-v1'],
  ['localhost:5000/envoy:v1', 'localhost:6000/mine', 'localhost:6000/mine:v1'],
  ['localhost:5000/envoy', 'mine', 'mine'],
  ['envoy@sha256:0123', 'mine', 'mine@sha256:0123'],
  ['localhost:5000/envoy:v1@sha256:0123', 'mine', 'mine:v1@sha256:0123'],
])('the release %s from %s is %s', (envoyImage, imageRepository, image) => {
  const text = JSON.stringify(rendered(kubernetes({ envoyDeployment: { container: { imageRepository } } }), { envoyImage }));
  expect(text).toContain(`"image":"${image}"`);
});

test('what is not known to be right is not rendered', () => {
  const problem = { type: 'Accepted', reason: 'InvalidParameters', message: 'It is gone.' } as const;
  expect(renderFleet(infraNode(80, { problem }), OPTIONS)).toEqual({ ok: false, problem });
});
