import type { KubernetesObject } from '../../crds/object-meta.ts';
import type { ResourceKind } from '../cluster/resource-kind.ts';
import { zoneOfBinding } from './zone-of-binding.ts';

const PROXY = {
  'app.kubernetes.io/name': 'envoy',
  'app.kubernetes.io/component': 'proxy',
  'app.kubernetes.io/managed-by': 'envoy-gateway',
  'gateway.envoyproxy.io/owning-gateway-name': 'web',
  'gateway.envoyproxy.io/owning-gateway-namespace': 'shop',
};

/** A cluster of one node, in which every pod has these labels. */
const clusterOf = (labels: Readonly<Record<string, string>>) => ({
  get: async ({ kind }: ResourceKind, key: string): Promise<KubernetesObject> => ({
    apiVersion: 'v1',
    kind,
    metadata: { name: key, labels: kind === 'Node' ? { 'topology.kubernetes.io/zone': 'north' } : labels },
  }),
});

const zone = (home: string | undefined, namespace: string, labels: Readonly<Record<string, string>> = PROXY): Promise<string | undefined> =>
  zoneOfBinding(
    { uid: 'u', pod: `${namespace}/p`, namespace, node: 'n', isAnnotated: false },
    { client: clusterOf(labels), home },
    new AbortController().signal,
  );

test('proxies with the controller are told their zone, and nobody in other namespaces', async () => {
  expect(await zone('gateways', 'gateways')).toBe('north');
  expect(await zone('gateways', 'shop')).toBeUndefined();
  expect(await zone('gateways', 'gateways', {})).toBeUndefined();
});

test('proxies with their Gateways are told it wherever they are, and no other pods', async () => {
  expect(await zone(undefined, 'shop')).toBe('north');
  expect(await zone(undefined, 'shop', { app: 'shop' })).toBeUndefined();
});
