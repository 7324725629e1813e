/** What only one version of the Gateway API knows never meets what only another one knows. */
const SESSIONS = [
  { sessionName: 's', absoluteTimeout: '1h', cookieConfig: { lifetimeType: 'Permanent' } },
  { absoluteTimeout: '1h', cookie: { name: 's', path: '/shop', lifetimeType: 'Permanent' } },
  { type: 'Header', header: { name: 'x-session' } },
];

/** Routes with session persistence, in the shape of each version. */
export const sampleSessions = (kind: 'HTTPRoute' | 'GRPCRoute') =>
  SESSIONS.map((sessionPersistence) => ({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind,
    metadata: { name: 'sample', namespace: 'default' },
    spec: { parentRefs: [{ name: 'eg' }], rules: [{ name: 'first', sessionPersistence }] },
  }));

const trafficPolicy = (spec: object) => ({
  apiVersion: 'gateway.networking.x-k8s.io/v1alpha1',
  kind: 'XBackendTrafficPolicy',
  metadata: { name: 'sample', namespace: 'default' },
  spec: { targetRefs: [{ group: '', kind: 'Service', name: 'one' }], ...spec },
});

export const SAMPLE_TRAFFIC_POLICIES = [
  trafficPolicy({
    targetRefs: [
      { group: '', kind: 'Service', name: 'one' },
      { group: 'multicluster.x-k8s.io', kind: 'ServiceImport', name: 'one' },
    ],
    retryConstraint: { budget: { percent: 30, interval: '1m' }, minRetryRate: { count: 5, interval: '2s' } },
  }),
  trafficPolicy({ retryConstraint: { budget: {} } }),
  ...SESSIONS.map((sessionPersistence) => trafficPolicy({ sessionPersistence })),
];
