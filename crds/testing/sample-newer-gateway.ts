const LISTENER_FILTERS = {
  requests: [
    { type: 'ExtensionRef', extensionRef: { group: 'example.com', kind: 'Filter', name: 'x' } },
    { type: 'ExternalAuth', externalAuth: { protocol: 'GRPC', backendRef: { name: 'auth', port: 80 }, grpc: { allowedHeaders: ['a'] } } },
  ],
};

/** What only v1.7.0 of the Gateway API lets through. */
export const GATEWAY_WITH_NEWER_FIELDS = {
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'Gateway',
  metadata: { name: 'sample', namespace: 'default' },
  spec: {
    gatewayClassName: 'eg',
    addresses: [{ routability: 'Cluster' }, { value: '10.0.0.1', routability: 'example.com/inside' }, { value: '::1', routability: '' }],
    listeners: [{ name: 'http', port: 80, protocol: 'HTTP', filters: LISTENER_FILTERS }],
  },
};
