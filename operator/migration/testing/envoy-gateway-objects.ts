import type { KubernetesObject } from '../../../crds/object-meta.ts';

/** What stands in a cluster that Envoy Gateway 1.9 has run, written after the contract (C.4, C.7, C.8, D.1-D.4, D.9) by its names and fields. */

export const HOME = 'envoy-gateway-system';
export const CONTROLLER = 'gateway.envoyproxy.io/gatewayclass-controller';
const GATEWAY_API = 'gateway.networking.k8s.io/v1';
const MADE_AT = '2026-01-01T00:00:00Z';

/** An object of any kind, with whatever fields that kind has. */
export type AnyObject = KubernetesObject & Readonly<Record<string, unknown>>;

/** `<ns>/<name>`, or the name alone where a kind has no namespace. */
export function named(kind: string, key: string, rest: Readonly<Record<string, unknown>> = {}, apiVersion = 'v1'): AnyObject {
  const [first = '', name] = key.split('/');
  const { metadata, ...fields } = rest;
  const place = name === undefined ? { name: first } : { namespace: first, name };
  return {
    apiVersion,
    kind,
    metadata: { ...place, creationTimestamp: MADE_AT, generation: 1, ...(metadata as object | undefined) },
    ...fields,
  };
}

interface Said {
  readonly type: string;
  readonly reason?: string;
  readonly message?: string;
  readonly status?: 'True' | 'False';
}

/** A condition; true, and with its own type as the reason, unless it is said otherwise. */
export const condition = ({ type, reason = type, message = '', status = 'True' }: Said) => ({
  type,
  status,
  reason,
  message,
  observedGeneration: 1,
  lastTransitionTime: MADE_AT,
});

/** The controller by its chart: other labels in its selector than Gatehouse's. */
export const controller = (replicas = 1): AnyObject => {
  const labels = { 'app.kubernetes.io/name': 'gateway-helm', 'app.kubernetes.io/instance': 'eg', 'control-plane': 'envoy-gateway' };
  const containers = [{ name: 'envoy-gateway', image: 'docker.io/envoyproxy/gateway:v1.9.0', args: ['server'] }];
  const spec = { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } };
  return named('Deployment', `${HOME}/envoy-gateway`, { metadata: { labels }, spec }, 'apps/v1');
};

/** The Service by which proxies find the controller. */
export const controllerService = (): AnyObject => {
  const selector = { 'app.kubernetes.io/name': 'gateway-helm', 'app.kubernetes.io/instance': 'eg', 'control-plane': 'envoy-gateway' };
  const ports = [
    ['grpc', 18_000],
    ['ratelimit', 18_001],
    ['wasm', 18_002],
    ['metrics', 19_001],
    ['webhook', 9_443],
  ].map(([name, port]) => ({ name, port, targetPort: port, protocol: 'TCP' }));
  return named('Service', `${HOME}/envoy-gateway`, { metadata: { labels: selector }, spec: { selector, ports } });
};

/** @param yaml the EnvoyGateway, as the chart puts it there */
export const configuration = (yaml: string): AnyObject =>
  named('ConfigMap', `${HOME}/envoy-gateway-config`, { data: { 'envoy-gateway.yaml': yaml } });

/** As the chart writes it when nobody has chosen anything. */
export const DEFAULT_CONFIGURATION = `apiVersion: gateway.envoyproxy.io/v1alpha1
kind: EnvoyGateway
gateway: { controllerName: ${CONTROLLER} }
logging: { level: { default: info } }
provider:
  type: Kubernetes
  kubernetes:
    rateLimitDeployment: { container: { image: docker.io/envoyproxy/ratelimit:17b1956c } }
    shutdownManager: { image: docker.io/envoyproxy/gateway:v1.9.0 }
`;

/** A Secret of certgen. */
export const certificateSecret = (name: string, files: Readonly<Record<string, string>>): AnyObject => {
  const data = Object.fromEntries(Object.entries(files).map(([file, text]) => [file, Buffer.from(text).toString('base64')]));
  return named('Secret', `${HOME}/${name}`, {
    metadata: { labels: { 'control-plane': 'envoy-gateway' } },
    type: 'kubernetes.io/tls',
    data,
  });
};

export const gatewayClass = (name = 'eg', parameters?: { readonly namespace: string; readonly name: string }): AnyObject => {
  const parametersRef = parameters && { group: 'gateway.envoyproxy.io', kind: 'EnvoyProxy', ...parameters };
  const metadata = { finalizers: ['gateway-exists-finalizer.gateway.networking.k8s.io'] };
  const spec = { controllerName: CONTROLLER, ...(parametersRef && { parametersRef }) };
  return named('GatewayClass', name, { metadata, spec, status: { conditions: [condition({ type: 'Accepted' })] } }, GATEWAY_API);
};

export interface ListenerShape {
  readonly name?: string;
  readonly port?: number;
  readonly protocol?: string;
  readonly secret?: string;
}

/** `shop/web`, served well. */
export const gateway = (listeners: readonly ListenerShape[] = [{}], infrastructure?: object): AnyObject => {
  const shapes = listeners.map(({ name = 'http', port = 80, protocol = 'HTTP', secret }) => ({
    name,
    port,
    protocol,
    allowedRoutes: { namespaces: { from: 'Same' } },
    ...(secret === undefined ? {} : { tls: { mode: 'Terminate', certificateRefs: [{ group: '', kind: 'Secret', name: secret }] } }),
  }));
  const status = {
    addresses: [{ type: 'IPAddress', value: '192.0.2.7' }],
    conditions: [condition({ type: 'Accepted' }), condition({ type: 'Programmed' })],
    listeners: shapes.map(({ name }) => ({
      name,
      attachedRoutes: 1,
      supportedKinds: [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute' }],
      conditions: ['Accepted', 'Programmed', 'ResolvedRefs'].map((type) => condition({ type })),
    })),
  };
  const spec = { gatewayClassName: 'eg', listeners: shapes, ...(infrastructure && { infrastructure }) };
  return named('Gateway', 'shop/web', { spec, status }, GATEWAY_API);
};

const PARENT = { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'web' };

/** A route of `shop/web` to the Service `shop/backend`. */
export const httpRoute = (
  name: string,
  rule: object = {},
  conditions: readonly object[] = ['Accepted', 'ResolvedRefs', 'BackendsAvailable'].map((type) => condition({ type })),
): AnyObject => {
  const backendRefs = [{ group: '', kind: 'Service', name: 'backend', port: 80, weight: 1 }];
  const matches = [{ path: { type: 'PathPrefix', value: `/${name}` } }];
  const spec = { parentRefs: [PARENT], rules: [{ matches, backendRefs, ...rule }] };
  return named(
    'HTTPRoute',
    `shop/${name}`,
    { spec, status: { parents: [{ controllerName: CONTROLLER, parentRef: PARENT, conditions }] } },
    GATEWAY_API,
  );
};

export const backend = (): AnyObject =>
  named('Service', 'shop/backend', {
    spec: { selector: { app: 'backend' }, ports: [{ name: 'http', port: 80, targetPort: 3000, protocol: 'TCP' }] },
  });
