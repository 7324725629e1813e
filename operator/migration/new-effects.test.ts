import { newEffects } from './new-effects.ts';
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
