import type { KubernetesObject } from '../../crds/object-meta.ts';
import type { CertificatePair } from './self-signed.ts';

/** Objects as a user would write them, in namespace `default`. */

export const CONTROLLER = 'gateway.envoyproxy.io/gatewayclass-controller';
const GATEWAY_API = 'gateway.networking.k8s.io/v1';

type Metadata = Partial<KubernetesObject['metadata']>;

const named = (name: string, metadata: Metadata = {}): KubernetesObject['metadata'] => ({ name, namespace: 'default', ...metadata });

export const gatewayClass = (name: string, controllerName = CONTROLLER): KubernetesObject => ({
  apiVersion: GATEWAY_API,
  kind: 'GatewayClass',
  metadata: { name },
  spec: { controllerName },
});

/** A class of ours whose proxies run as this EnvoyProxy of the namespace `default` says. */
export const gatewayClassWith = (name: string, envoyProxy: string): KubernetesObject => {
  const parametersRef = { group: 'gateway.envoyproxy.io', kind: 'EnvoyProxy', name: envoyProxy, namespace: 'default' };
  return { ...gatewayClass(name), spec: { controllerName: CONTROLLER, parametersRef } };
};

export interface Listener {
  readonly name?: string;
  readonly port: number;
  readonly hostname?: string;
  /** The Secret with the certificate: the listener is an HTTPS one. */
  readonly secret?: string;
}

export const gateway = (name: string, listeners: readonly Listener[], gatewayClassName = 'eg'): KubernetesObject => ({
  apiVersion: GATEWAY_API,
  kind: 'Gateway',
  metadata: named(name),
  spec: {
    gatewayClassName,
    listeners: listeners.map(({ name: listener = 'http', port, hostname, secret }) => ({
      name: listener,
      port,
      protocol: secret === undefined ? 'HTTP' : 'HTTPS',
      ...(hostname === undefined ? {} : { hostname }),
      ...(secret === undefined ? {} : { tls: { mode: 'Terminate', certificateRefs: [{ name: secret }] } }),
    })),
  },
});

export interface Route {
  readonly host?: string;
  readonly path?: string;
  readonly gateway?: string;
  /** Default: the Service `backend` on port 80. */
  readonly rule?: object;
}

export const httpRoute = (name: string, { host, path = '/', gateway: parent = 'eg', rule }: Route = {}): KubernetesObject => ({
  apiVersion: GATEWAY_API,
  kind: 'HTTPRoute',
  metadata: named(name),
  spec: {
    parentRefs: [{ name: parent }],
    ...(host === undefined ? {} : { hostnames: [host] }),
    rules: [{ matches: [{ path: { type: 'PathPrefix', value: path } }], ...(rule ?? { backendRefs: [{ name: 'backend', port: 80 }] }) }],
  },
});

/** A rule that answers by itself, for tests that need no backend. */
export const redirectTo = (hostname: string): object => ({
  filters: [{ type: 'RequestRedirect', requestRedirect: { hostname, statusCode: 302 } }],
});

/** A Service on port 80 with one endpoint. */
export const serviceAt = (name: string, address: string, port: number): readonly KubernetesObject[] => {
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: named(`${name}-1`, { labels: { 'kubernetes.io/service-name': name } }),
    addressType: 'IPv4',
    ports: [{ name: 'http', port, protocol: 'TCP' }],
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
  };
  return [
    { apiVersion: 'v1', kind: 'Service', metadata: named(name), spec: { ports: [{ name: 'http', port: 80, targetPort: port }] } },
    slice,
  ];
};

export const tlsSecret = (name: string, { certificate, key }: CertificatePair): KubernetesObject => {
  const data = { 'tls.crt': Buffer.from(certificate).toString('base64'), 'tls.key': Buffer.from(key).toString('base64') };
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: named(name), type: 'kubernetes.io/tls', data };
  return secret;
};
