import type { ObjectRef } from './object-ref.ts';
import type { BackendShare } from './route-node.ts';

/** One way into a port for connections whose bytes are passed on: for TLS one a route and listener, chosen by SNI; for TCP the only one. */
export interface StreamChainNode {
  readonly kind: 'StreamChain';
  /** `<kind in lower case>/<ns>/<name>` of the route (contract D.5); where nothing is served, the name of the Gateway listener. */
  readonly name: string;
  readonly use: 'TCP' | 'TLS';
  /** Sorted. Empty: every client. */
  readonly serverNames: readonly string[];
  /** Name of the filter that knows where bytes go, `StreamFilterNode`; undefined: connections are closed. */
  readonly filter: string | undefined;
  /** Names of the secrets with the certificates; absent where TLS is passed through, or is not asked for. */
  readonly tls?: { readonly secrets: readonly string[] };
  readonly statPrefix: string;
  readonly origin: ObjectRef;
}

/** Where the connections or datagrams of a route go at one listener. */
export interface StreamFilterNode {
  readonly kind: 'StreamFilter';
  /** `<Gateway listener>/<name of the chain>`: the resource that has its configuration. */
  readonly name: string;
  readonly statPrefix: string;
  /** Each connection is logged. */
  readonly accessLog: boolean;
  /** An invalid one has its share of the connections closed; so are all where none has a weight. */
  readonly backends: readonly BackendShare[];
}
