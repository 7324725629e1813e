import type { ObjectRef } from './object-ref.ts';

/** One port that a fleet's proxies listen on. */
export interface InfraPort {
  /** `<protocol lower>-<port>`, as the contract names Service ports. */
  readonly name: string;
  readonly protocol: 'HTTP' | 'HTTPS';
  /** As in the Gateway. */
  readonly port: number;
  /** What the proxy binds: the same, or port + 10000 below 1024 (contract D.3), unless the infrastructure binds it as it is. */
  readonly bindPort: number;
}

/** A fleet: the proxies that serve one Gateway (later: all Gateways of a class). Keyed so that every deploy mode fits. */
export interface InfraNode {
  readonly kind: 'Infra';
  /** The fleet's key, `node.cluster` of its proxies: `<ns>/<gateway>`. */
  readonly fleet: string;
  /** Name of what is made for it: `envoy-<ns>-<gateway>-<hash>` (contract D.2). */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly ports: readonly InfraPort[];
  readonly gatewayClass: string;
  readonly origin: ObjectRef;
}
