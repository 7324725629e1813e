/** Routes that carry bytes, as they are after admission. */
import type { TCPRoute } from '../../crds/gateway-api/tcp-route.ts';
import type { TLSRoute } from '../../crds/gateway-api/tls-route.ts';
import type { UDPRoute } from '../../crds/gateway-api/udp-route.ts';
import { backendRef, CREATED, GATEWAY_API, named, parentRef } from './objects.ts';

export interface StreamChoice {
  /** TLSRoute only. */
  readonly hostnames?: readonly string[];
  /** `<ns>/<gateway>`, or `<ns>/<gateway>/<listener>`. */
  readonly parents?: readonly string[];
  readonly backends?: readonly (readonly [service: string, port: number, weight?: number])[];
  readonly created?: string;
}

function streamSpec({ parents = ['infra/gw'], backends = [['infra/s', 8080]] }: StreamChoice) {
  return {
    parentRefs: parents.map(parentRef),
    rules: [{ backendRefs: backends.map(backendRef) }],
  };
}

export const tlsRoute = (key: string, choice: StreamChoice = {}): TLSRoute => ({
  apiVersion: `${GATEWAY_API}/v1`,
  kind: 'TLSRoute',
  metadata: named(key, { creationTimestamp: choice.created ?? CREATED }),
  spec: { ...streamSpec(choice), hostnames: [...(choice.hostnames ?? ['raw.example.com'])] },
});

export const tcpRoute = (key: string, choice: StreamChoice = {}): TCPRoute => ({
  apiVersion: `${GATEWAY_API}/v1`,
  kind: 'TCPRoute',
  metadata: named(key, { creationTimestamp: choice.created ?? CREATED }),
  spec: streamSpec(choice),
});

export const udpRoute = (key: string, choice: StreamChoice = {}): UDPRoute => ({
  apiVersion: `${GATEWAY_API}/v1`,
  kind: 'UDPRoute',
  metadata: named(key, { creationTimestamp: choice.created ?? CREATED }),
  spec: streamSpec(choice),
});
