import { type EchoBackend, type EchoOptions, startEchoBackend } from '../../operator/standalone/echo-backend.ts';

/** Echo servers on loopback by the name of their pod, which each answer carries. */
export interface Backends {
  /** The port of a pod. Throws for a name that was not started. */
  readonly port: (pod: string) => number;
  /** Starts one more. */
  readonly start: (pod: string, options?: Partial<EchoOptions>) => Promise<void>;
  /** Ends one; its connections are cut. */
  readonly stop: (pod: string) => Promise<void>;
  readonly stopAll: () => Promise<void>;
}

export async function startBackends(...pods: readonly string[]): Promise<Backends> {
  const running = new Map<string, EchoBackend>();
  const start = async (pod: string, options: Partial<EchoOptions> = {}): Promise<void> => {
    running.set(pod, await startEchoBackend({ port: 0, identity: { pod }, ...options }));
  };
  const stop = async (pod: string): Promise<void> => {
    await running.get(pod)?.close();
    running.delete(pod);
  };
  await Promise.all(pods.map((pod) => start(pod)));
  return {
    start,
    stop,
    stopAll: async () => {
      await Promise.all([...running.keys()].map(stop));
    },
    port: (pod) => {
      const backend = running.get(pod);
      if (backend === undefined) throw new Error(`no backend ${pod} was started; there are ${[...running.keys()].join(', ')}`);
      return backend.port;
    },
  };
}

/** A Service with port 8080 and no endpoints. */
export const serviceYaml = (name: string, appProtocol?: string): string => `---
apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec: { ports: [{ name: http, port: 8080${appProtocol === undefined ? '' : `, appProtocol: ${appProtocol}`} }] }
`;

/** One endpoint of a Service on this machine; a slice has one port, so each endpoint is a slice of its own. */
export const endpointYaml = (service: string, port: number, slice = `${service}-1`): string => `---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: ${slice}, labels: { kubernetes.io/service-name: ${service} } }
addressType: IPv4
ports: [{ name: http, port: ${port} }]
endpoints: [{ addresses: [127.0.0.1] }]
`;

/** A Service for each pod, named like it, with that pod behind it. */
export const backendsYaml = (backends: Pick<Backends, 'port'>, ...pods: readonly string[]): string =>
  pods.map((pod) => serviceYaml(pod) + endpointYaml(pod, backends.port(pod))).join('');
