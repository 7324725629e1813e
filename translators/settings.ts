import type { EnvoyProxySpec } from '../crds/gateway-envoyproxy-io/envoy-proxy.ts';

/** Where the proxies of a Gateway run: with the controller, or with the Gateway, under its name. EnvoyGateway `provider.kubernetes.deploy.type`. */
export type DeployMode = 'ControllerNamespace' | 'GatewayNamespace';

/** What does not change while the process lives. */
export interface Settings {
  /** GatewayClasses with this controllerName are ours. */
  readonly controllerName: string;
  /** Which port a proxy binds for a Gateway's port. */
  readonly bindPort: (port: number) => number;
  /** `::` binds IPv6 and IPv4. */
  readonly bindAddress: string;
  /** Proxies of several fleets share a machine: a port that is taken must fail, not be shared (SO_REUSEPORT). Off where each has an address of its own. */
  readonly exclusivePorts: boolean;
  /** The file with the CAs that the proxies' machines trust (BackendTLSPolicy `wellKnownCACertificates: System`); absent: where the images of Envoy have it. */
  readonly systemCaFile?: string;
  /** How proxies are run where neither the Gateway nor its class says so (EnvoyGateway `envoyProxy`). */
  readonly envoyProxy?: EnvoyProxySpec;
  /** Where proxies in a cluster find the control plane: a bootstrap of the user's must name it. Absent: proxies of this machine. */
  readonly controlPlane?: { readonly host: string; readonly port: number };
  /** What the names of this cluster end with; absent: `cluster.local`. */
  readonly clusterDomain?: string;
  /** Ports that a proxy needs for itself: no listener binds them, and nothing is sent there by a name. */
  readonly reservedPorts?: ReadonlySet<number>;
  /** Where every proxy answers `/ready` to its kubelet (contract C.7); absent: nobody asks. */
  readonly readyPort?: number;
  /** Absent: ControllerNamespace, or no cluster at all. */
  readonly deploy?: DeployMode;
  /** Proxies are told where the others of their fleet are; `namespace` has the Services of fleets that have no namespace of their own. Absent: nothing routes by zone. */
  readonly fellows?: { readonly namespace: string };
}

export const DEFAULT_CONTROLLER_NAME = 'gateway.envoyproxy.io/gatewayclass-controller';

/** Ports below 1024 need a right that proxies do without (contract D.3). */
export const unprivilegedPort = (port: number): number => (port < 1024 ? port + UNPRIVILEGED_SHIFT : port);

export const UNPRIVILEGED_SHIFT = 10_000;
