import { DEFAULT_CLUSTER_SETTINGS } from '../../../crds/gateway-envoyproxy-io/controller-cluster.ts';
import { loadConfiguration } from '../../configuration.ts';
import { bindAddressOf, renderOptions } from './cluster-site.ts';

test('proxies are made where the environment says that the controller is, with the image that the configuration names', async () => {
  const { configuration } = await loadConfiguration(undefined);
  expect(renderOptions(configuration, '1.2.3', {})).toMatchObject({
    namespace: 'envoy-gateway-system',
    clusterDomain: 'cluster.local',
    envoyImage: 'docker.io/envoyproxy/envoy:distroless-v1.40.0',
    shutdownManagerImage: 'docker.io/gatehouse/gatehouse:1.2.3',
    topologyInjector: true,
    xdsPort: 18_000,
  });
  const kubernetes = {
    ...DEFAULT_CLUSTER_SETTINGS,
    deploy: { type: 'ControllerNamespace' },
    shutdownManager: { image: 'a:b' },
    proxyTopologyInjector: { disabled: true },
  } as const;
  const said = renderOptions({ ...configuration, provider: { type: 'Kubernetes', kubernetes } }, '1.2.3', {
    ENVOY_GATEWAY_NAMESPACE: 'gateways',
    KUBERNETES_CLUSTER_DOMAIN: 'example.org',
    ENVOY_PROXY_IMAGE: 'mirror.example.com/envoy:1',
  });
  expect(said).toMatchObject({
    namespace: 'gateways',
    clusterDomain: 'example.org',
    envoyImage: 'mirror.example.com/envoy:1',
    shutdownManagerImage: 'a:b',
    topologyInjector: false,
  });
});

test('listeners are bound where those of Envoy Gateway are, so that a proxy that is taken over keeps its sockets', () => {
  expect(['', '10.0.0.1', 'fd00::1'].map((POD_IP) => bindAddressOf({ POD_IP }))).toEqual(['0.0.0.0', '0.0.0.0', '::']);
  expect(bindAddressOf({})).toBe('0.0.0.0');
});
