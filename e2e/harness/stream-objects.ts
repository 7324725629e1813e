import type { StreamBackend } from './stream-backends.ts';

/** A Service of this name with port 9000 and a backend of this machine behind it. */
export const streamServiceYaml = ({ name, port }: StreamBackend, protocol: 'TCP' | 'UDP' = 'TCP'): string => `---
apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec: { ports: [{ name: raw, port: 9000, protocol: ${protocol} }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: ${name}-1, labels: { kubernetes.io/service-name: ${name} } }
addressType: IPv4
ports: [{ name: raw, port: ${port}, protocol: ${protocol} }]
endpoints: [{ addresses: [127.0.0.1] }]
`;

export interface StreamRouteChoice {
  readonly name?: string;
  /** Listeners of the Gateway `gw`; none: all of them. */
  readonly sections?: readonly string[];
  readonly hostnames?: readonly string[];
  /** Services, each with its weight if it is not 1. */
  readonly backends: readonly (string | readonly [name: string, weight: number])[];
  readonly created?: string;
}

export const streamRouteYaml = (kind: 'TLSRoute' | 'TCPRoute' | 'UDPRoute', choice: StreamRouteChoice): string => {
  const parents = (choice.sections ?? []).map((sectionName) => ({ name: 'gw', sectionName }));
  const backendRefs = choice.backends.map((backend) => {
    const [name, weight] = typeof backend === 'string' ? [backend, 1] : backend;
    return { name, port: 9000, weight };
  });
  return `---
apiVersion: gateway.networking.k8s.io/v1
kind: ${kind}
metadata: { name: ${choice.name ?? 'route'}, creationTimestamp: "${choice.created ?? '2026-01-01T00:00:00Z'}" }
spec:
  parentRefs: ${JSON.stringify(parents.length === 0 ? [{ name: 'gw' }] : parents)}
  ${choice.hostnames === undefined ? '' : `hostnames: ${JSON.stringify(choice.hostnames)}`}
  rules: [{ backendRefs: ${JSON.stringify(backendRefs)} }]
`;
};
