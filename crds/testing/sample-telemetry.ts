const policy = (tracing: object) => ({
  apiVersion: 'gateway.networking.x-k8s.io/v1alpha1',
  kind: 'XTelemetryPolicy',
  metadata: { name: 'sample', namespace: 'default' },
  spec: { targetRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'gw' }], tracing },
});

const provider = { backendRef: { name: 'collector', port: 4317 }, headers: [{ name: 'Authorization', value: 'Bearer x' }] };

export const SAMPLE_TELEMETRY_POLICIES = [
  policy({
    mode: 'Enabled',
    provider,
    samplingRate: { numerator: 5, denominator: 1000 },
    parentBasedSampling: { mode: 'Enabled', samplingRate: { numerator: 50 } },
    serviceName: 'shop/edge',
    spanName: 'entry of shop',
    attributes: [
      { name: 'user', sourceType: 'Header', headerName: 'X-User' },
      { name: 'stage', sourceType: 'Literal', literalValue: 'test' },
      { name: 'method', sourceType: 'Attribute', attributeKey: 'http.request.method' },
    ],
  }),
  policy({ mode: 'Enabled', provider: { backendRef: { group: 'gateway.networking.x-k8s.io', kind: 'XBackend', name: 'outside' } } }),
  policy({ mode: 'Disabled' }),
  policy({}),
];
