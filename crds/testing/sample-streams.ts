/** Valid routes that carry bytes, with most of their fields: the ground that mutations start from. */

const metadata = { name: 'sample', namespace: 'default' };
const apiVersion = 'gateway.networking.k8s.io/v1';
const parentRefs = [
  { name: 'eg', sectionName: 'tls' },
  { name: 'other', namespace: 'infra', port: 8443 },
];
const rules = [
  {
    name: 'first',
    backendRefs: [
      { name: 'one', port: 8080, weight: 9 },
      { name: 'two', namespace: 'elsewhere', port: 53 },
    ],
  },
];

export const SAMPLE_TLS_ROUTES = [
  { apiVersion, kind: 'TLSRoute', metadata, spec: { parentRefs, hostnames: ['raw.example.com', '*.example.org'], rules } },
];
export const SAMPLE_TCP_ROUTES = [{ apiVersion, kind: 'TCPRoute', metadata, spec: { parentRefs, rules } }];
export const SAMPLE_UDP_ROUTES = [{ apiVersion, kind: 'UDPRoute', metadata, spec: { parentRefs, rules } }];
