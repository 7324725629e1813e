import type { BackendTLSPolicy } from '../crds/gateway-api/backend-tls-policy.ts';
import type { Gateway } from '../crds/gateway-api/gateway.ts';
import type { GatewayClass } from '../crds/gateway-api/gateway-class.ts';
import type { ListenerSet } from '../crds/gateway-api/listener-set.ts';
import type { ReferenceGrant } from '../crds/gateway-api/reference-grant.ts';
import type { Route } from '../crds/gateway-api/route.ts';
import type { XBackend } from '../crds/gateway-api/x-backend.ts';
import type { XBackendTrafficPolicy } from '../crds/gateway-api/x-backend-traffic-policy.ts';
import type { XTelemetryPolicy } from '../crds/gateway-api/x-telemetry-policy.ts';
import type { EnvoyProxy, EnvoyProxySpec } from '../crds/gateway-envoyproxy-io/envoy-proxy.ts';
import type { ClusterTrustBundle } from '../crds/kubernetes/cluster-trust-bundle.ts';
import type { ConfigMap } from '../crds/kubernetes/config-map.ts';
import type { EndpointSlice } from '../crds/kubernetes/endpoint-slice.ts';
import type { Namespace } from '../crds/kubernetes/namespace.ts';
import type { Node } from '../crds/kubernetes/node.ts';
import type { Pod } from '../crds/kubernetes/pod.ts';
import type { Secret } from '../crds/kubernetes/secret.ts';
import type { Service } from '../crds/kubernetes/service.ts';
import type { ServiceImport } from '../crds/kubernetes/service-import.ts';
import type { Fragment } from '../xds/resource.ts';
import type { InstalledDefinition } from './gateway-api/gateway-api-definitions.ts';
import type { Source } from './graph/collection.ts';
import type { Graph } from './graph/graph.ts';
import type { Transport } from './ir/transport.ts';

/** A part of a route configuration that proxies refused; `key` of its source is the hash of its content. */
export interface QuarantinedFragment {
  readonly envoyVersion: string;
  /** What Envoy answered. */
  readonly message: string;
  /** It is but a suspect yet: routes that proxies took, its earlier version among them if there is one, to serve on while the guilty one is looked for. */
  readonly formers?: readonly Fragment[];
  /** It is but a suspect yet: where it has no earlier version, just its own requests get an error. */
  readonly exact?: true;
}

/** A resource that proxies of a fleet refuse as a whole. */
export interface RefusedResource {
  readonly type: string;
  readonly name: string;
  readonly message: string;
}

/** What is known of a fleet's proxies; its source is keyed by fleet. */
export interface FleetObservation {
  readonly proxies: number;
  readonly ready: number;
  /** Where clients reach it; undefined where nobody is there to say so (translation without proxies). */
  readonly addresses: readonly string[] | undefined;
  /** Why its infrastructure is not there. */
  readonly problem?: string;
  /** Replicas of the operator with proxies of this fleet that have not been heard for over 10 s: what those run is not known. */
  readonly silent?: readonly string[];
  /** Proxies that are up and of which nobody knows that they have taken their configuration; absent: none. */
  readonly unconfirmed?: number;
  /** Whoever observes has only just begun: what is lacking here is not known to be bad. Refusals and problems are. */
  readonly unheard?: true;
  readonly refused: readonly RefusedResource[];
  /** Resources that some proxy has not taken for over 10 s. */
  readonly lagging: readonly string[];
}

/** Everything that enters the main graph, keyed `<ns>/<name>` unless said otherwise. */
export interface Inputs {
  readonly gatewayClasses: Source<GatewayClass>;
  readonly gateways: Source<Gateway>;
  readonly listenerSets: Source<ListenerSet>;
  /** Of all kinds, by route key (`ir/route-key.ts`). */
  readonly routes: Source<Route>;
  readonly backendTlsPolicies: Source<BackendTLSPolicy>;
  readonly trafficPolicies: Source<XBackendTrafficPolicy>;
  readonly telemetryPolicies: Source<XTelemetryPolicy>;
  readonly referenceGrants: Source<ReferenceGrant>;
  readonly services: Source<Service>;
  readonly serviceImports: Source<ServiceImport>;
  readonly xBackends: Source<XBackend>;
  readonly secrets: Source<Secret>;
  readonly configMaps: Source<ConfigMap>;
  /** By name. */
  readonly clusterTrustBundles: Source<ClusterTrustBundle>;
  readonly namespaces: Source<Namespace>;
  /** By name: some or none. Only their cloud is looked at, and only where a Gateway asks for an address by its name. */
  readonly nodes: Source<Node>;
  readonly envoyProxies: Source<EnvoyProxy>;
  /** EnvoyGateway's `envoyProxy`, at the one key `PROXY_DEFAULTS`. */
  readonly proxyDefaults: Source<EnvoyProxySpec>;
  /** CustomResourceDefinitions of the Gateway API, by name; none where nobody says which are installed. */
  readonly definitions: Source<InstalledDefinition>;
  /** By content hash. */
  readonly quarantine: Source<QuarantinedFragment>;
  /** By fleet. */
  readonly observations: Source<FleetObservation>;
  /** Kinds that cannot be read at present, by kind or by kind and namespace (`unreadableIn`): why, and what cures it. What is missing of such a kind may well exist. */
  readonly unreadable: Source<string>;
  /** Instants that have passed, by milliseconds since the epoch: only those that an output asked for (`wakeAt`). */
  readonly passed: Source<true>;
}

/** The key of the only member of `proxyDefaults`. */
export const PROXY_DEFAULTS = 'EnvoyGateway';

export const createInputs = (graph: Graph): Inputs => ({
  gatewayClasses: graph.source('gatewayClasses'),
  gateways: graph.source('gateways'),
  listenerSets: graph.source('listenerSets'),
  routes: graph.source('routes'),
  backendTlsPolicies: graph.source('backendTlsPolicies'),
  trafficPolicies: graph.source('trafficPolicies'),
  telemetryPolicies: graph.source('telemetryPolicies'),
  referenceGrants: graph.source('referenceGrants'),
  services: graph.source('services'),
  serviceImports: graph.source('serviceImports'),
  xBackends: graph.source('xBackends'),
  secrets: graph.source('secrets'),
  configMaps: graph.source('configMaps'),
  clusterTrustBundles: graph.source('clusterTrustBundles'),
  namespaces: graph.source('namespaces'),
  nodes: graph.source('nodes'),
  envoyProxies: graph.source('envoyProxies'),
  proxyDefaults: graph.source('proxyDefaults'),
  definitions: graph.source('definitions'),
  quarantine: graph.source('quarantine'),
  observations: graph.source('observations'),
  unreadable: graph.source('unreadable'),
  passed: graph.source('passed'),
});

/** Everything that enters the endpoints' own graph. */
export interface EndpointInputs {
  readonly services: Source<Service>;
  readonly serviceImports: Source<ServiceImport>;
  readonly endpointSlices: Source<EndpointSlice>;
  /** In a cluster those of the namespaces of XBackends that select some. */
  readonly pods: Source<Pod>;
  /** Backend ports that the main graph's clusters use, by `<fleet>|<load assignment>`. */
  readonly wanted: Source<WantedAssignment>;
}

/** Labels that Pods of a namespace must all have. */
export interface PodSelector {
  readonly namespace: string;
  /** None select nothing. */
  readonly labels: Readonly<Record<string, string>>;
}

/** One of the backends whose endpoints one cluster has. */
export interface SplitPart {
  readonly namespace: string;
  readonly service: string;
  /** It is a ServiceImport. */
  readonly imported?: true;
  /** It is an XBackend. */
  readonly external?: true;
  readonly port: number;
  /** Of the requests of no session. */
  readonly weight: number;
}

/** A part with what the endpoints' graph cannot look up. */
export interface WantedPart extends SplitPart {
  /** Of an XBackend: whatever has these labels is an endpoint. */
  readonly selector?: PodSelector;
}

/** A cluster of a fleet asks for the endpoints of a backend port, or of several. */
export interface WantedAssignment {
  readonly fleet: string;
  /** `service/<ns>/<name>/<port>`, `.../udp`, the same with `serviceimport` or `xbackend`, or `split/<hash>` */
  readonly name: string;
  readonly namespace: string;
  readonly service: string;
  /** It is a ServiceImport. */
  readonly imported?: true;
  /** It is an XBackend. */
  readonly external?: true;
  /** As in a part. */
  readonly selector?: PodSelector;
  readonly port: number;
  readonly transport: Transport;
  /** Absent: that port alone. */
  readonly parts?: readonly WantedPart[];
}

/** The sources of the endpoints' graph, all empty. */
export const createEndpointInputs = (graph: Graph): EndpointInputs => ({
  services: graph.source('services'),
  serviceImports: graph.source('serviceImports'),
  endpointSlices: graph.source('endpointSlices'),
  pods: graph.source('pods'),
  wanted: graph.source('wanted'),
});
