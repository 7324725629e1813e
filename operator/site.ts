import type { Registry } from 'prom-client';
import type { EnvoyGateway } from '../crds/gateway-envoyproxy-io/envoy-gateway.ts';
import type { InfraNode } from '../translators/ir/infra-node.ts';
import type { CertificateFolder } from './certificates/certificate-folder.ts';
import type { KubeClient } from './cluster/kube-client.ts';
import type { Leadership } from './cluster/leadership.ts';
import type { ClusterLink } from './cluster-link.ts';
import type { ControlPlane, ControlPlaneOptions } from './control-plane.ts';
import type { Logging } from './logging.ts';
import type { ElectionSettings } from './replicas/replica-of-pod.ts';
import type { Telemetry } from './telemetry/telemetry.ts';
import type { ProxyIdentity } from './tokens/token-authorization.ts';

/** Where the proxies run, and all that follows from it. */
export interface Site {
  /** What the control plane has to know of it. */
  readonly settings: Pick<ControlPlaneOptions, 'bindPort' | 'bindAddress' | 'exclusivePorts' | 'proxies'>;
  /** The address on which xDS is served by TCP. */
  readonly xdsHost: string;
  /** Where proxies come from that reach it by that address: they have to prove it by certificates. Undefined: they use the Unix socket. */
  readonly proxyNamespace: string | undefined;
  /** Proxies run where no certificate of ours is, and prove themselves by tokens. Those with a certificate of `proxyNamespace` are served as ever. */
  readonly tokens?: TokenProof;
  /** Proxies are told their zone by a webhook of ours. */
  readonly topologyInjector: boolean;
  /** How replicas agree on who writes; undefined: there is but one, because the proxies are nobody else's. */
  readonly election: ElectionSettings | undefined;
  /** Gets ready to run proxies. Rejects in words for people where that cannot be. */
  prepare(parts: SiteParts): Promise<Proxies>;
}

export interface TokenProof {
  /** Whom their tokens are for: `envoy-gateway.<namespace>.svc.<cluster domain>` (contract C.4). */
  readonly audience: string;
  /** What the proxies of a fleet run as. */
  readonly identityOf: (infra: InfraNode) => ProxyIdentity;
}

export interface SiteOptions {
  readonly configuration: EnvoyGateway;
  readonly logging: Logging;
  readonly options: {
    readonly version: string;
    /** Aborted: end in order. */
    readonly stop: AbortSignal;
    /** Aborted: end at once. */
    readonly force: AbortSignal;
  };
}

export interface SiteParts {
  readonly controlPlane: ControlPlane;
  readonly client: KubeClient;
  readonly link: ClusterLink;
  readonly registry: Registry;
  readonly leadership: Leadership;
  readonly telemetry: Telemetry;
  /** What the control plane proves itself with; absent: proxies use the Unix socket. */
  readonly certificates?: Pick<CertificateFolder, 'current' | 'addCaCertificateListener' | 'removeCaCertificateListener'>;
}

/** Makes the proxies be what the control plane says. */
export interface Proxies {
  /** All input is known: begins. */
  start(): void;
  stop(): Promise<void>;
}

/** The site that the configuration names. */
export const siteOf = async (options: SiteOptions): Promise<Site> =>
  options.configuration.provider.type === 'Kubernetes'
    ? (await import('./infrastructure/kubernetes/cluster-site.ts')).clusterSite(options)
    : await (await import('./standalone/host-site.ts')).hostSite(options);
