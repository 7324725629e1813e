import type { EnvoyProxySpec } from '../../crds/gateway-envoyproxy-io/envoy-proxy.ts';
import type { ObjectRef } from './object-ref.ts';
import type { Problem } from './problem.ts';
import type { Transport } from './transport.ts';

/** One port that a fleet's proxies listen on. */
export interface InfraPort {
  /** `<protocol lower>-<port>`, as the contract names Service ports. */
  readonly name: string;
  readonly protocol: 'HTTP' | 'HTTPS' | 'TLS' | 'TCP' | 'UDP';
  readonly transport: Transport;
  /** As in the Gateway. */
  readonly port: number;
  /** What the proxy binds: the same, or port + 10000 below 1024 (contract D.3), unless the infrastructure binds it as it is. */
  readonly bindPort: number;
}

/** What `spec.providerID` of the Nodes of a cloud begins with. */
export type CloudScheme = 'gce' | 'aws' | 'azure';

/** Addresses that a load balancer is asked for by what the cloud calls them. */
export interface NamedAddresses {
  readonly cloud: CloudScheme;
  /** As in the Gateway. */
  readonly names: readonly string[];
  /** Of its Service, and of nothing else. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** The object that what is made for a fleet goes with: the garbage collector of the cluster takes it away after its owner. */
export interface InfraOwner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** Absent where the owner is in no cluster, and then nobody can be owned by it. */
  readonly uid?: string;
}

/** A fleet: the proxies that serve one Gateway (later: all Gateways of a class). Keyed so that every deploy mode fits. */
export interface InfraNode {
  readonly kind: 'Infra';
  /** The fleet's key, `node.cluster` of its proxies: `<ns>/<gateway>`. */
  readonly fleet: string;
  /** Name of what is made for it: `envoy-<ns>-<gateway>-<hash>`, in its own namespace the Gateway's (contract D.2). */
  readonly name: string;
  /** Where what is made for it lies: the Gateway's namespace; absent: with the controller. */
  readonly namespace?: string;
  /** The part of the labels that never changes, equal to Envoy Gateway's: selectors of Deployments are immutable. */
  readonly selector: Readonly<Record<string, string>>;
  /** The selector, and the labels of the Gateway's `infrastructure` that do not contradict ours. */
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Sorted by port, then protocol. */
  readonly ports: readonly InfraPort[];
  /** IP addresses that the Gateway asks for. */
  readonly addresses: readonly string[];
  /** Instead of those: addresses that it asks the cloud for by their names. */
  readonly named?: NamedAddresses;
  /** Nobody outside of the cluster may reach it, whatever `proxy` says of its Service. */
  readonly clusterOnly?: true;
  /** How its proxies are run: EnvoyProxy of the Gateway, of the class, of the configuration, defaulted. */
  readonly proxy: EnvoyProxySpec;
  /** Whom messages about `proxy` name, as `EnvoyProxy <ns>/<name>`; empty: nobody said how. */
  readonly proxyFrom: readonly string[];
  /** Set: how its proxies are to be run is not known. What is there stays as it is; nothing is made, changed or taken away. */
  readonly problem?: Problem;
  readonly gatewayClass: string;
  readonly owner: InfraOwner;
  readonly origin: ObjectRef;
}
