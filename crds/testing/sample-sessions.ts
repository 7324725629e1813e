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
