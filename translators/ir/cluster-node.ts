import type { ObjectRef } from './object-ref.ts';

/**
 * How the proxy speaks to a backend; `http1` also carries WebSocket upgrades, and bytes that are nobody's business; `negotiated`: over TLS, HTTP/2
 * where the backend takes it (ALPN), and such bytes too.
 */
export type BackendProtocol = 'http1' | 'http2' | 'negotiated' | 'udp';

/** A name that a certificate carries (X.509 subjectAltName). `*.x` stands for the wildcard itself and for one label before `.x`. */
export interface SubjectName {
  readonly type: 'DNS' | 'URI';
  readonly value: string;
}

/** TLS to a backend (GEP-1897). */
export interface BackendTls {
  /** By which name its certificate is asked for. */
  readonly sni: string;
  /** The certificate has to carry one of them. */
  readonly names: readonly [SubjectName, ...SubjectName[]];
  /** Name of the secret with those who may vouch for it. */
  readonly trustedCa: string;
  /** Key of the BackendTLSPolicy that says so, or of an XBackend after its kind. */
  readonly policy: string;
  /** Name of the secret that whoever speaks to it proves itself with, whatever the proxies of a fleet have for other backends. */
  readonly clientCertificate?: string;
}

/** How many of the requests in flight to a backend may be retries (GEP-3388). */
export interface RetryBudget {
  /** 0 to 100, of all that are in flight. */
  readonly percent: number;
  /** So many at a time always may. */
  readonly minConcurrency: number;
}

/** One backend with one set of settings. Its name is made from both, never from the rules that use it. */
export interface ClusterNode {
  readonly kind: 'Cluster';
  /** `service/<ns>/<name>/<port>`, or of an XBackend `xbackend/<ns>/<name>/<port>`, and, where settings differ from the default, `/<hash>`; of a UDP port `service/<ns>/<name>/<port>/udp`. */
  readonly name: string;
  /** The load assignment, shared by all variants of a backend: `service/<ns>/<name>/<port>`, `xbackend/<ns>/<name>/<port>` of Pods, and `/udp` of a UDP port. */
  readonly loadAssignment: string;
  readonly protocol: BackendProtocol;
  /** Absent: plaintext. */
  readonly tls?: BackendTls;
  /** Instead of a load assignment: the proxies look this name up. */
  readonly dns?: { readonly hostname: string; readonly port: number };
  /** Absent: so many retries as connections. */
  readonly retryBudget?: RetryBudget;
  /** Name of the secret that the proxies of the fleet prove themselves with: the backend's own, or the fleet's. */
  readonly clientCertificate?: string;
  /** Nothing may be sent: requests get a 503. */
  readonly isShut?: true;
  readonly origin: ObjectRef;
}

/** One address of a backend. */
export interface EndpointNode {
  readonly address: string;
  readonly port: number;
  readonly zone?: string;
  /** Terminating but still serving: only used when nothing else is left (EndpointSlice `conditions.serving`). */
  readonly draining: boolean;
}

/** The endpoints of one of the backends of a cluster. */
export interface EndpointShare {
  /** Load assignment of the backend alone: `service/<ns>/<name>/<port>`. */
  readonly name: string;
  readonly weight: number;
  readonly endpoints: readonly EndpointNode[];
}

/** The endpoints of one backend port, sorted. Empty: the cluster answers 503. */
export interface LoadAssignmentNode {
  readonly kind: 'LoadAssignment';
  readonly name: string;
  readonly endpoints: readonly EndpointNode[];
  /** Instead of `endpoints`: those of several backends, each with its weight. */
  readonly shares?: readonly EndpointShare[];
}
