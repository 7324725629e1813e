import { backendsYaml, startBackends } from './backends.ts';
import { type Fleet, type FleetOptions, gatewayYaml, startFleet } from './fleet.ts';

/** The Gateway `default/gw` that most tests need: HTTP on port 80, for all hosts. */
export const HTTP_GATEWAY = gatewayYaml('{ name: http, port: 80, protocol: HTTP }');

/**
 * A fleet with an echo backend for each of these pods behind it, and a Service of the same name (port 8080) before that. They end with it.
 * @param options `objects` has all the others
 */
export async function startBackedFleet(pods: readonly string[], { objects, ...options }: FleetOptions): Promise<Fleet> {
  const backends = await startBackends(...pods);
  const fleet = await startFleet({ objects: objects + backendsYaml(backends, ...pods), ...options });
  const stop = async (): Promise<void> => {
    await fleet.stop();
    await backends.stopAll();
  };
  return { ...fleet, stop };
}
