/** Objects as they are after admission, for tests and benches: the fewest fields that a case needs are named, the rest is what anybody would write. */
import type { BackendTLSPolicy, BackendTLSPolicySpec } from '../../crds/gateway-api/backend-tls-policy.ts';
import type { Gateway } from '../../crds/gateway-api/gateway.ts';
import type { GatewayClass } from '../../crds/gateway-api/gateway-class.ts';
import type { GRPCRoute, GRPCRouteRule } from '../../crds/gateway-api/grpc-route.ts';
import type { HTTPRoute, HTTPRouteRule } from '../../crds/gateway-api/http-route.ts';
import type { ListenerSet } from '../../crds/gateway-api/listener-set.ts';
import type { ReferenceGrant } from '../../crds/gateway-api/reference-grant.ts';
import { EXPERIMENTS } from '../../crds/gateway-api/x-backend-traffic-policy.ts';
import type { EnvoyProxy, EnvoyProxySpec } from '../../crds/gateway-envoyproxy-io/envoy-proxy.ts';
import { CERTIFICATES, type ClusterTrustBundle } from '../../crds/kubernetes/cluster-trust-bundle.ts';
import type { ConfigMap } from '../../crds/kubernetes/config-map.ts';
import type { Endpoint, EndpointSlice } from '../../crds/kubernetes/endpoint-slice.ts';
import { SERVICE_NAME_LABEL } from '../../crds/kubernetes/endpoint-slice.ts';
import type { Namespace } from '../../crds/kubernetes/namespace.ts';
import type { Secret } from '../../crds/kubernetes/secret.ts';
import type { Service } from '../../crds/kubernetes/service.ts';
import { MULTICLUSTER } from '../../crds/kubernetes/service-import.ts';
import type { ObjectMeta } from '../../crds/object-meta.ts';
import { DEFAULT_CONTROLLER_NAME } from '../settings.ts';

export const GATEWAY_API = 'gateway.networking.k8s.io';
export const CREATED = '2026-01-01T00:00:00Z';

/** `<ns>/<name>` as metadata; a name alone is cluster-scoped. */
export function named(key: string, more: Partial<ObjectMeta> = {}): ObjectMeta {
  const [first = '', second] = key.split('/');
  return { ...(second === undefined ? { name: first } : { namespace: first, name: second }), creationTimestamp: CREATED, ...more };
}

const namesOf = (key: string): { readonly namespace: string; readonly name: string } => {
  const [namespace = '', name = ''] = key.split('/');
  return { namespace, name };
};

/** @param proxy `<ns>/<EnvoyProxy>` */
export function gatewayClass(name: string, controllerName = DEFAULT_CONTROLLER_NAME, proxy?: string): GatewayClass {
  const parametersRef = proxy === undefined ? {} : { parametersRef: { ...ENVOY_PROXY, ...namesOf(proxy) } };
  return { apiVersion: `${GATEWAY_API}/v1`, kind: 'GatewayClass', metadata: named(name), spec: { controllerName, ...parametersRef } };
}

const ENVOY_PROXY = { group: 'gateway.envoyproxy.io', kind: 'EnvoyProxy' } as const;

export const envoyProxy = (key: string, spec: Partial<EnvoyProxySpec> = {}): EnvoyProxy => ({
  apiVersion: 'gateway.envoyproxy.io/v1alpha1',
  kind: 'EnvoyProxy',
  metadata: named(key),
  spec: { logging: { level: { default: 'warn' } }, ...spec },
});

export type Listener = Gateway['spec']['listeners'][number];
type Namespaces = Listener['allowedRoutes']['namespaces'];

export interface ListenerChoice {
  readonly name?: string;
  readonly port?: number;
  readonly protocol?: string;
  readonly hostname?: string;
  readonly namespaces?: Namespaces;
  /** Keys of Secrets; they make an HTTPS listener. */
  readonly secrets?: readonly string[];
  /** Of a TLS listener: what comes is passed on as it is. */
  readonly passthrough?: boolean;
  /** Services, `<ns>/<name>`, that are asked before a route is chosen. */
  readonly asks?: readonly string[];
}

export function listener({ name = 'http', secrets, passthrough = false, ...choice }: ListenerChoice = {}): Listener {
  const { protocol = secrets === undefined ? 'HTTP' : 'HTTPS', port = secrets === undefined ? 80 : 443 } = choice;
  return {
    name,
    port,
    protocol,
    allowedRoutes: { namespaces: choice.namespaces ?? { from: 'All' } },
    ...(choice.hostname === undefined ? {} : { hostname: choice.hostname }),
    ...(secrets === undefined ? {} : { tls: { mode: 'Terminate' as const, certificateRefs: secrets.map(secretRef) } }),
    ...(choice.asks === undefined ? {} : { filters: { requests: choice.asks.map(askingFilter) } }),
    ...(passthrough ? { tls: { mode: 'Passthrough' as const } } : {}),
  };
}

function askingFilter(key: string) {
  const externalAuth = { protocol: 'HTTP' as const, http: {}, backendRef: { ...secretRef(key), kind: 'Service', port: 8080 } };
  return { type: 'ExternalAuth' as const, externalAuth };
}

const secretRef = (key: string) => ({ group: '', kind: 'Secret', ...namesOf(key) });

export interface GatewayChoice {
  readonly className?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Name of an EnvoyProxy of its namespace. */
  readonly proxy?: string;
  readonly tls?: Gateway['spec']['tls'];
  /** Whose ListenerSets it takes; default: nobody's. */
  readonly sets?: NonNullable<Gateway['spec']['allowedListeners']>['namespaces'];
}

export const gateway = (
  key: string,
  listeners: readonly Listener[],
  { className = 'gatehouse', annotations, proxy, tls, sets }: GatewayChoice = {},
): Gateway => ({
  apiVersion: `${GATEWAY_API}/v1`,
  kind: 'Gateway',
  metadata: named(key, annotations === undefined ? {} : { annotations }),
  spec: {
    gatewayClassName: className,
    listeners: [...listeners],
    ...(tls === undefined ? {} : { tls }),
    ...(sets === undefined ? {} : { allowedListeners: { namespaces: sets } }),
    ...(proxy === undefined ? {} : { infrastructure: { parametersRef: { ...ENVOY_PROXY, name: proxy } } }),
  },
});

/** @param parent `<ns>/<gateway>` */
export const listenerSet = (key: string, listeners: readonly Listener[], parent = 'infra/gw', created = CREATED): ListenerSet => ({
  apiVersion: `${GATEWAY_API}/v1`,
  kind: 'ListenerSet',
  metadata: named(key, { creationTimestamp: created }),
  spec: { parentRef: { group: GATEWAY_API, kind: 'Gateway', ...namesOf(parent) }, listeners: [...listeners] },
});

export type Rule = HTTPRouteRule;

export interface RuleChoice {
  readonly path?: string;
  readonly pathType?: 'Exact' | 'PathPrefix' | 'RegularExpression';
  /** `<ns>/<service>` and port. */
  readonly backends?: readonly (readonly [service: string, port: number, weight?: number])[];
  readonly timeouts?: HTTPRouteRule['timeouts'];
}

export const rule = ({ path = '/', pathType = 'PathPrefix', backends = [], timeouts }: RuleChoice = {}): Rule => ({
  matches: [{ path: { type: pathType, value: path } }],
  backendRefs: backends.map(backendRef),
  ...(timeouts === undefined ? {} : { timeouts }),
});

export function backendRef([service, port, weight = 1]: readonly [service: string, port: number, weight?: number]) {
  const { namespace, name } = named(service);
  return { group: '', kind: 'Service', name, port, weight, ...(namespace === undefined ? {} : { namespace }) };
}

const SET_PREFIX = 'ListenerSet:';

export function parentRef(parent: string) {
  const isSet = parent.startsWith(SET_PREFIX);
  const [namespace = '', name = '', sectionName] = parent.slice(isSet ? SET_PREFIX.length : 0).split('/');
  const kind = isSet ? 'ListenerSet' : 'Gateway';
  return { group: GATEWAY_API, kind, namespace, name, ...(sectionName === undefined ? {} : { sectionName }) };
}

export interface RouteChoice {
  readonly hostnames?: readonly string[];
  /** `<ns>/<gateway>`, or `<ns>/<gateway>/<listener>`; of a ListenerSet `ListenerSet:<ns>/<set>`. */
  readonly parents?: readonly string[];
  readonly rules?: readonly Rule[];
  readonly created?: string;
}

const routeSpec = ({ hostnames, parents = ['infra/gw'] }: Pick<RouteChoice, 'hostnames' | 'parents'>) => ({
  parentRefs: parents.map(parentRef),
  ...(hostnames === undefined ? {} : { hostnames: [...hostnames] }),
});

export const httpRoute = (key: string, { rules = [rule()], created = CREATED, ...choice }: RouteChoice = {}): HTTPRoute => ({
  apiVersion: `${GATEWAY_API}/v1`,
  kind: 'HTTPRoute',
  metadata: named(key, { creationTimestamp: created }),
  spec: { ...routeSpec(choice), rules: [...rules] },
});

export interface CallChoice {
  readonly service?: string;
  readonly method?: string;
  /** `<ns>/<service>` and port. */
  readonly backends?: RuleChoice['backends'];
}

export const callRule = ({ service: called, method, backends = [] }: CallChoice = {}): GRPCRouteRule => ({
  matches: [
    called === undefined && method === undefined
      ? {}
      : { method: { type: 'Exact', ...(called === undefined ? {} : { service: called }), ...(method === undefined ? {} : { method }) } },
  ],
  backendRefs: backends.map(backendRef),
});

export interface GrpcRouteChoice extends Omit<RouteChoice, 'rules'> {
  readonly rules?: readonly GRPCRouteRule[];
}

export const grpcRoute = (key: string, { rules = [callRule()], created = CREATED, ...choice }: GrpcRouteChoice = {}): GRPCRoute => ({
  apiVersion: `${GATEWAY_API}/v1`,
  kind: 'GRPCRoute',
  metadata: named(key, { creationTimestamp: created }),
  spec: { ...routeSpec(choice), rules: [...rules] },
});

export const service = (key: string, ports: readonly number[] = [8080], more: Partial<Service['spec']> = {}): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: named(key),
  spec: { type: 'ClusterIP', ports: ports.map((port) => ({ name: `p${port}`, port, protocol: 'TCP' as const })), ...more },
});

/** One slice of a Service of the same namespace; its ports are named like those that `service` makes. */
export const endpointSlice = (key: string, serviceName: string, endpoints: readonly (string | Endpoint)[], port = 8080): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: named(key, { labels: { [SERVICE_NAME_LABEL]: serviceName } }),
  addressType: 'IPv4',
  ports: [{ name: `p${port}`, port: 3000, protocol: 'TCP' }],
  endpoints: endpoints.map((each) => (typeof each === 'string' ? { addresses: [each], conditions: {} } : each)),
});

export interface TlsPolicyChoice {
  /** Of the policy's namespace. */
  readonly service?: string;
  /** What `service` is; a Service by default. */
  readonly target?: { readonly group: string; readonly kind: string };
  /** Name of a port. */
  readonly section?: string;
  /** A ConfigMap, where it says nothing else. */
  readonly validation?: Partial<BackendTLSPolicySpec['validation']>;
  readonly created?: string;
}

/** Of a ClusterTrustBundle. */
export const bundleRef = (name: string) => ({ group: CERTIFICATES, kind: 'ClusterTrustBundle', name });

export const caRef = (name = 'ca', kind = 'ConfigMap') => ({ group: '', kind, name });

export const backendTlsPolicy = (
  key: string,
  {
    service: name = 's',
    target = { group: '', kind: 'Service' },
    section,
    validation = { caCertificateRefs: [caRef()] },
    created = CREATED,
  }: TlsPolicyChoice = {},
): BackendTLSPolicy => ({
  apiVersion: `${GATEWAY_API}/v1`,
  kind: 'BackendTLSPolicy',
  metadata: named(key, { creationTimestamp: created }),
  spec: {
    targetRefs: [{ ...target, name, ...(section === undefined ? {} : { sectionName: section }) }],
    validation: { hostname: 'backend.example.com', ...validation },
  },
});

/** CA certificates, in PEM. */
export const caConfigMap = (key: string, pem: string): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: named(key),
  data: { 'ca.crt': pem },
});

/** For everybody in the cluster; PEM. */
export const clusterTrustBundle = (name: string, trustBundle: string): ClusterTrustBundle => ({
  apiVersion: `${CERTIFICATES}/v1`,
  kind: 'ClusterTrustBundle',
  metadata: named(name),
  spec: { trustBundle },
});

/** PEM in, as a Secret holds it. */
export const tlsSecret = (key: string, certificate: string, privateKey: string): Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: named(key),
  type: 'kubernetes.io/tls',
  data: { 'tls.crt': Buffer.from(certificate).toString('base64'), 'tls.key': Buffer.from(privateKey).toString('base64') },
});

export const namespace = (name: string, labels: Readonly<Record<string, string>> = {}): Namespace => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: named(name, { labels }),
});

export interface GrantChoice {
  readonly from: readonly (readonly [kind: string, namespace: string])[];
  readonly to: readonly (readonly [kind: string, name?: string])[];
}

/** Routes, Gateways and ListenerSets refer; Services and Secrets are referred to. */
const GROUPS: Readonly<Record<string, string>> = { ServiceImport: MULTICLUSTER, XBackend: EXPERIMENTS, XTelemetryPolicy: EXPERIMENTS };
export const referenceGrant = (key: string, { from, to }: GrantChoice): ReferenceGrant => ({
  apiVersion: `${GATEWAY_API}/v1`,
  kind: 'ReferenceGrant',
  metadata: named(key),
  spec: {
    from: from.map(([kind, ns]) => ({ group: GROUPS[kind] ?? GATEWAY_API, kind, namespace: ns })),
    to: to.map(([kind, name]) => ({ group: GROUPS[kind] ?? '', kind, ...(name === undefined ? {} : { name }) })),
  },
});
