import type { ProxyKubernetes } from '../../../crds/gateway-envoyproxy-io/proxy-kubernetes.ts';
import type { KubernetesObject, ObjectMeta } from '../../../crds/object-meta.ts';
import type { InfraNode } from '../../../translators/ir/infra-node.ts';
import type { DeployMode } from '../../../translators/settings.ts';

/** What a cluster says on how fleets are made in it. */
export interface RenderOptions {
  /** The controller's namespace, in which those proxies run that have none of their own. */
  readonly namespace: string;
  /** Where proxies run. In the namespaces of Gateways they have no certificate, and prove themselves by the token of their ServiceAccount. */
  readonly deploy: DeployMode;
  /** PEM: who vouches for the control plane, for proxies that cannot have a Secret of it. */
  readonly trustedCa?: string;
  /** `cluster.local` */
  readonly clusterDomain: string;
  /** With its tag or digest. */
  readonly envoyImage: string;
  /** An image that has `gatehouse` in its path. */
  readonly shutdownManagerImage: string;
  readonly xdsPort: number;
  /** Pods are told their zone, so that routing by zone can work. */
  readonly topologyInjector: boolean;
}

/** Where proxies find the control plane: the Service of the contract (D.1), by its full name. */
export const controlPlaneAddress = ({
  namespace,
  clusterDomain,
  xdsPort,
}: RenderOptions): { readonly host: string; readonly port: number } => ({
  host: `envoy-gateway.${namespace}.svc.${clusterDomain}.`,
  port: xdsPort,
});

/** Whom the tokens of proxies are for: nobody else takes them (contract C.4). */
export const tokenAudience = ({ namespace, clusterDomain }: Pick<RenderOptions, 'namespace' | 'clusterDomain'>): string =>
  `envoy-gateway.${namespace}.svc.${clusterDomain}`;

/** A fleet that is being rendered. */
export interface FleetContext {
  readonly infra: InfraNode;
  readonly options: RenderOptions;
  /** `provider.kubernetes` of its EnvoyProxy. */
  readonly kubernetes: ProxyKubernetes;
}

/** How its proxies prove themselves: the Secret with their certificate is in the controller's namespace, and nowhere else. */
export const proofOf = ({ namespace }: InfraNode): 'certificate' | 'token' => (namespace === undefined ? 'certificate' : 'token');

/** An object of any kind as it is applied. */
export type Manifest = KubernetesObject & Readonly<Record<string, unknown>>;

export const fleetContext = (infra: InfraNode, options: RenderOptions): FleetContext => ({
  infra,
  options,
  kubernetes: infra.proxy.provider?.kubernetes ?? {},
});

export interface MetaChoice {
  readonly name?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** Labels and annotations of the user go over the Gateway's, and the selector's over both. */
export function metaOf({ infra, options }: FleetContext, { name, labels, annotations }: MetaChoice = {}): ObjectMeta {
  const notes = { ...infra.annotations, ...annotations };
  const { apiVersion, kind, name: owner, uid } = infra.owner;
  return {
    name: name ?? infra.name,
    namespace: infra.namespace ?? options.namespace,
    labels: { ...infra.labels, ...labels, ...infra.selector },
    ...(Object.keys(notes).length === 0 ? {} : { annotations: notes }),
    ...(uid === undefined ? {} : { ownerReferences: [{ apiVersion, kind, name: owner, uid }] }),
  };
}

/** Fields that are undefined are not said at all: what is said becomes ours by server-side apply. */
export const said = (fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
