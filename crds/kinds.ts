/** Every kind that Gatehouse reads, once. */
import { backendTlsPolicy } from './gateway-api/backend-tls-policy.ts';
import { gateway } from './gateway-api/gateway.ts';
import { gatewayClass } from './gateway-api/gateway-class.ts';
import { grpcRoute } from './gateway-api/grpc-route.ts';
import { httpRoute } from './gateway-api/http-route.ts';
import { listenerSet } from './gateway-api/listener-set.ts';
import { GROUP as GATEWAY_API } from './gateway-api/names.ts';
import { referenceGrant } from './gateway-api/reference-grant.ts';
import { tcpRoute } from './gateway-api/tcp-route.ts';
import { tlsRoute } from './gateway-api/tls-route.ts';
import { udpRoute } from './gateway-api/udp-route.ts';
import { xBackend } from './gateway-api/x-backend.ts';
import { EXPERIMENTS, xBackendTrafficPolicy } from './gateway-api/x-backend-traffic-policy.ts';
import { xTelemetryPolicy } from './gateway-api/x-telemetry-policy.ts';
import { envoyProxy } from './gateway-envoyproxy-io/envoy-proxy.ts';
import { GROUP as ENVOY_GATEWAY } from './gateway-envoyproxy-io/names.ts';
import { CERTIFICATES, clusterTrustBundle } from './kubernetes/cluster-trust-bundle.ts';
import { configMap } from './kubernetes/config-map.ts';
import { endpointSlice } from './kubernetes/endpoint-slice.ts';
import { namespace } from './kubernetes/namespace.ts';
import { node } from './kubernetes/node.ts';
import { pod } from './kubernetes/pod.ts';
import { secret } from './kubernetes/secret.ts';
import { service } from './kubernetes/service.ts';
import { MULTICLUSTER, serviceImport } from './kubernetes/service-import.ts';
import type { Publication } from './publication.ts';
import type { Schema } from './schema.ts';

export interface Kind {
  readonly kind: string;
  /** Empty for the core group. */
  readonly group: string;
  /** Served versions, all of one shape; the first is the one that we read and that the schema is written for. */
  readonly versions: readonly [string, ...string[]];
  readonly plural: string;
  readonly namespaced: boolean;
  readonly schema: Schema<{ readonly apiVersion: string; readonly kind: string }>;
  readonly hasStatus: boolean;
  /** We publish its CustomResourceDefinition, with `publication`. */
  readonly ours: boolean;
  readonly publication?: Publication;
}

const AGE = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' } as const;

const served = { namespaced: true, hasStatus: false, ours: false } as const;
const gatewayApi = { ...served, group: GATEWAY_API, versions: ['v1', 'v1beta1'] } as const;
const core = { ...served, group: '', versions: ['v1'] } as const;

export const KINDS: readonly Kind[] = [
  { ...gatewayApi, kind: 'GatewayClass', plural: 'gatewayclasses', schema: gatewayClass, namespaced: false, hasStatus: true },
  { ...gatewayApi, kind: 'Gateway', plural: 'gateways', schema: gateway, hasStatus: true },
  { ...gatewayApi, kind: 'ListenerSet', versions: ['v1'], plural: 'listenersets', schema: listenerSet, hasStatus: true },
  { ...gatewayApi, kind: 'HTTPRoute', plural: 'httproutes', schema: httpRoute, hasStatus: true },
  { ...gatewayApi, versions: ['v1'], kind: 'GRPCRoute', plural: 'grpcroutes', schema: grpcRoute, hasStatus: true },
  // v1alpha2 of these has another shape, and v1 is served wherever they are.
  { ...gatewayApi, kind: 'TLSRoute', plural: 'tlsroutes', schema: tlsRoute, versions: ['v1', 'v1alpha3'], hasStatus: true },
  { ...gatewayApi, kind: 'TCPRoute', plural: 'tcproutes', schema: tcpRoute, versions: ['v1'], hasStatus: true },
  { ...gatewayApi, kind: 'UDPRoute', plural: 'udproutes', schema: udpRoute, versions: ['v1'], hasStatus: true },
  {
    ...gatewayApi,
    versions: ['v1', 'v1alpha3'],
    kind: 'BackendTLSPolicy',
    plural: 'backendtlspolicies',
    schema: backendTlsPolicy,
    hasStatus: true,
  },
  {
    ...gatewayApi,
    group: EXPERIMENTS,
    versions: ['v1alpha1'],
    kind: 'XBackendTrafficPolicy',
    plural: 'xbackendtrafficpolicies',
    schema: xBackendTrafficPolicy,
    hasStatus: true,
  },
  {
    ...gatewayApi,
    group: EXPERIMENTS,
    versions: ['v1alpha1'],
    kind: 'XTelemetryPolicy',
    plural: 'xtelemetrypolicies',
    schema: xTelemetryPolicy,
    hasStatus: true,
  },
  { ...gatewayApi, group: EXPERIMENTS, versions: ['v1alpha1'], kind: 'XBackend', plural: 'xbackends', schema: xBackend, hasStatus: true },
  { ...gatewayApi, kind: 'ReferenceGrant', plural: 'referencegrants', schema: referenceGrant },
  {
    kind: 'EnvoyProxy',
    group: ENVOY_GATEWAY,
    versions: ['v1alpha1'],
    plural: 'envoyproxies',
    namespaced: true,
    schema: envoyProxy,
    hasStatus: true,
    ours: true,
    publication: { shortNames: ['eproxy'], categories: ['envoy-gateway'], columns: [AGE] },
  },
  { ...core, kind: 'Service', plural: 'services', schema: service },
  { ...served, kind: 'ServiceImport', group: MULTICLUSTER, versions: ['v1alpha1'], plural: 'serviceimports', schema: serviceImport },
  { ...core, kind: 'EndpointSlice', group: 'discovery.k8s.io', plural: 'endpointslices', schema: endpointSlice },
  { ...core, kind: 'Pod', plural: 'pods', schema: pod },
  {
    ...core,
    kind: 'ClusterTrustBundle',
    group: CERTIFICATES,
    plural: 'clustertrustbundles',
    schema: clusterTrustBundle,
    namespaced: false,
  },
  { ...core, kind: 'Namespace', plural: 'namespaces', schema: namespace, namespaced: false },
  { ...core, kind: 'Node', plural: 'nodes', schema: node, namespaced: false },
  { ...core, kind: 'Secret', plural: 'secrets', schema: secret },
  { ...core, kind: 'ConfigMap', plural: 'configmaps', schema: configMap },
];

/** `v1`, or `<group>/<version>`. */
export const apiVersionOf = ({ group }: Pick<Kind, 'group'>, version: string): string => (group === '' ? version : `${group}/${version}`);

const byName = new Map(KINDS.flatMap((entry) => entry.versions.map((version) => [`${apiVersionOf(entry, version)} ${entry.kind}`, entry])));

/** The kind in any of its served versions. */
export const kindOf = (apiVersion: string, kind: string): Kind | undefined => byName.get(`${apiVersion} ${kind}`);
