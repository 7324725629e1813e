const xBackend = (spec: object) => ({
  apiVersion: 'gateway.networking.x-k8s.io/v1alpha1',
  kind: 'XBackend',
  metadata: { name: 'sample', namespace: 'default' },
  spec: { type: 'ExternalHostname', externalHostname: { hostname: 'api.example.com' }, port: { port: 443 }, ...spec },
});
const validation = { hostname: 'api.example.com', wellKnownCACertificates: 'System' };

/** In the shape of v1.6: v1.7.0 fills in `tls`, which v1.6.3 does not. v1.6.3 lets no name of a port through, as its rule compares an optional with null. */
export const SAMPLE_XBACKENDS = [
  xBackend({ protocol: 'HTTP', tls: { mode: 'ServerOnly', validation } }),
  xBackend({ tls: { mode: 'ClientAndServer', clientCertificateRef: { name: 'c' }, validation } }),
  xBackend({}),
];
