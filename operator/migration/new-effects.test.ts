import { infraNode } from '../../translators/testing/infra-nodes.ts';
import { namedAddressEffects, newEffects } from './new-effects.ts';
import { httpRoute, named } from './testing/envoy-gateway-objects.ts';

test('a kind that Envoy Gateway has no code for begins to have an effect', () => {
  const spec = { targetRefs: [{ group: '', kind: 'Service', name: 'backend' }], retryConstraint: {} };
  const policy = named('XBackendTrafficPolicy', 'shop/x', { spec }, 'gateway.networking.x-k8s.io/v1alpha1');
  const traces = named('XTelemetryPolicy', 'shop/y', { spec: {} }, 'gateway.networking.x-k8s.io/v1alpha1');
  expect(newEffects([httpRoute('a'), policy, traces])).toMatchObject([
    { severity: 'differs', code: 'TakesEffect', object: { kind: 'XBackendTrafficPolicy', namespace: 'shop', name: 'x' } },
    { severity: 'differs', code: 'TakesEffect', object: { kind: 'XTelemetryPolicy', namespace: 'shop', name: 'y' } },
  ]);
});

test('a Gateway that asks for an address by its name begins to get it, unless an annotation by hand says the same', () => {
  const annotations = { 'networking.gke.io/load-balancer-ip-addresses': 'shop-ip' };
  const named = { cloud: 'gce' as const, names: ['shop-ip'], annotations };
  expect(namedAddressEffects([infraNode(80), infraNode(80, { named, annotations })])).toEqual([]);
  expect(namedAddressEffects([infraNode(80, { named })])).toMatchObject([
    { severity: 'differs', code: 'TakesEffect', object: { kind: 'Gateway', namespace: 'default', name: 'eg' }, field: 'spec.addresses' },
  ]);
});
