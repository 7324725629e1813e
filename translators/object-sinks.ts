import type { BackendTLSPolicy } from '../crds/gateway-api/backend-tls-policy.ts';
import type { Gateway } from '../crds/gateway-api/gateway.ts';
import type { GatewayClass } from '../crds/gateway-api/gateway-class.ts';
import type { ListenerSet } from '../crds/gateway-api/listener-set.ts';
import type { ReferenceGrant } from '../crds/gateway-api/reference-grant.ts';
import { ROUTE_KINDS, type Route } from '../crds/gateway-api/route.ts';
import type { XBackend } from '../crds/gateway-api/x-backend.ts';
import type { XBackendTrafficPolicy } from '../crds/gateway-api/x-backend-traffic-policy.ts';
import type { XTelemetryPolicy } from '../crds/gateway-api/x-telemetry-policy.ts';
import type { EnvoyProxy } from '../crds/gateway-envoyproxy-io/envoy-proxy.ts';
import type { ClusterTrustBundle } from '../crds/kubernetes/cluster-trust-bundle.ts';
import type { ConfigMap } from '../crds/kubernetes/config-map.ts';
import type { EndpointSlice } from '../crds/kubernetes/endpoint-slice.ts';
import type { Namespace } from '../crds/kubernetes/namespace.ts';
import type { Node } from '../crds/kubernetes/node.ts';
import type { Pod } from '../crds/kubernetes/pod.ts';
import type { Secret } from '../crds/kubernetes/secret.ts';
import type { Service } from '../crds/kubernetes/service.ts';
import type { ServiceImport } from '../crds/kubernetes/service-import.ts';
import type { KubernetesObject } from '../crds/object-meta.ts';
import { definitionOf } from './gateway-api/gateway-api-definitions.ts';
import type { EndpointInputs, Inputs } from './inputs.ts';
import { routeKey } from './ir/route-key.ts';

/** Where objects of one kind go; `undefined` takes the object out. */
export type Sink = (key: string, object: KubernetesObject | undefined) => void;

interface Puts<T> {
  put(key: string, value: T | undefined): void;
}

/**
 * The only place where an object gets its static type: it was admitted against the schema of its kind, so the cast says what is known.
 */
function into<T>(...sources: readonly Puts<T>[]): Sink {
  return (key, object) => {
    for (const source of sources) source.put(key, object as T | undefined);
  };
}

const routesOf =
  (kind: string, sink: Sink): Sink =>
  (key, object) =>
    sink(routeKey(kind, key), object);

/** Every kind that the graphs read, by kind. A kind that is not here cannot enter. */
export const objectSinks = (main: Inputs, endpoints: EndpointInputs): ReadonlyMap<string, Sink> =>
  new Map<string, Sink>([
    ['GatewayClass', into<GatewayClass>(main.gatewayClasses)],
    ['Gateway', into<Gateway>(main.gateways)],
    ['BackendTLSPolicy', into<BackendTLSPolicy>(main.backendTlsPolicies)],
    ['XBackend', into<XBackend>(main.xBackends)],
    ['XBackendTrafficPolicy', into<XBackendTrafficPolicy>(main.trafficPolicies)],
    ['XTelemetryPolicy', into<XTelemetryPolicy>(main.telemetryPolicies)],
    ['ListenerSet', into<ListenerSet>(main.listenerSets)],
    ['ReferenceGrant', into<ReferenceGrant>(main.referenceGrants)],
    ['Service', into<Service>(main.services, endpoints.services)],
    ['ServiceImport', into<ServiceImport>(main.serviceImports, endpoints.serviceImports)],
    ['EndpointSlice', into<EndpointSlice>(endpoints.endpointSlices)],
    ['Pod', into<Pod>(endpoints.pods)],
    ['Secret', into<Secret>(main.secrets)],
    ['ConfigMap', into<ConfigMap>(main.configMaps)],
    ['ClusterTrustBundle', into<ClusterTrustBundle>(main.clusterTrustBundles)],
    ['Namespace', into<Namespace>(main.namespaces)],
    ['Node', into<Node>(main.nodes)],
    ['EnvoyProxy', into<EnvoyProxy>(main.envoyProxies)],
    ['CustomResourceDefinition', (name, object) => main.definitions.put(name, object && definitionOf(object))],
    ...ROUTE_KINDS.map((kind) => [kind, routesOf(kind, into<Route>(main.routes))] as const),
  ]);
