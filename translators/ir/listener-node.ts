import type { ObjectRef } from './object-ref.ts';
import type { TracingNode } from './tracing-node.ts';

/** TLS that ends at the proxy. */
export interface DownstreamTls {
  /** Names of the secrets with the certificates. */
  readonly secrets: readonly string[];
  /** Absent: clients are not asked for certificates. */
  readonly clients?: ClientCertificates;
}

/** Certificates that clients show. */
export interface ClientCertificates {
  /** Name of the secret with those who may vouch for them. */
  readonly trustedCa: string;
  /** Who has none, or one that nobody vouches for, is let in all the same. */
  readonly isOptional: boolean;
}

/** One way into a port: for HTTPS one per Gateway listener, chosen by SNI; for plain HTTP one for the whole port. */
export interface FilterChainNode {
  readonly kind: 'FilterChain';
  /** The Gateway listener's name in the contract: `<ns>/<gateway>/<listener>`. */
  readonly name: string;
  /** Empty: every SNI. */
  readonly serverNames: readonly string[];
  readonly routeConfiguration: string;
  /** Absent for plain HTTP. */
  readonly tls?: DownstreamTls;
  readonly origin: ObjectRef;
}

/** One bound port of a fleet, an Envoy Listener. */
export interface PortListenerNode {
  readonly kind: 'PortListener';
  /** Name of the first Gateway listener on the port (contract D.5). */
  readonly name: string;
  /** Of the first of its listeners; HTTPS and TLS may share a port. */
  readonly protocol: 'HTTP' | 'HTTPS' | 'TLS' | 'TCP' | 'UDP';
  /** As in the Gateway; used in names and redirects. */
  readonly port: number;
  /** What Envoy binds. */
  readonly bindPort: number;
  /** The address to bind, `::` (with IPv4 compatibility) or an IP. */
  readonly bindAddress: string;
  /** `::` without IPv4 compatibility. */
  readonly ipv6Only: boolean;
  /** Binding fails where another process has the port, instead of sharing it. */
  readonly exclusivePort: boolean;
  /** Requests and connections without a chain are logged. */
  readonly accessLog: boolean;
  /** Absent: requests are not traced. */
  readonly tracing?: TracingNode;
  /** Those that read requests. */
  readonly chains: readonly FilterChainNode[];
  readonly origins: readonly ObjectRef[];
}

/** A certificate with its key, in PEM. */
export interface SecretNode {
  readonly kind: 'Secret';
  /** `<ns>/<secret>` */
  readonly name: string;
  readonly certificateChain: string;
  readonly privateKey: string;
}

/** Those who may vouch for certificates: PEM, or a file of the proxy's machine. */
export interface TrustedCaNode {
  readonly kind: 'TrustedCa';
  readonly name: string;
  readonly source: { readonly pem: string } | { readonly file: string };
}
