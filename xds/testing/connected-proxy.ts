import type { DeltaClient, Received } from './delta-client.ts';
import { route, routeConfiguration } from './sample-resources.ts';
import type { TestServer } from './test-server.ts';

/** Connects a proxy that takes what it is sent first. It knows the load assignments `a` and `b` and the route configurations `r` and `q`. */
export async function connectedProxy(server: TestServer, id = 'proxy-1'): Promise<DeltaClient> {
  const proxy = server.connect({ id });
  const takeAll = async (): Promise<void> => {
    for (const response of await proxy.take()) proxy.ack(response);
  };
  proxy.ask('cluster');
  await takeAll();
  proxy.ask('loadAssignment', { subscribe: ['a', 'b'] });
  await takeAll();
  proxy.ask('listener');
  await takeAll();
  proxy.ask('routeConfiguration', { subscribe: ['r', 'q'] });
  await takeAll();
  await proxy.settle();
  return proxy;
}

/** The route configuration `r` with a route to each of these clusters. */
export const routesTo = (...clusters: string[]) =>
  routeConfiguration(
    'r',
    clusters.map((cluster) => route(cluster, cluster, cluster)),
  );

/** Type, names and removed names of responses. */
export const namesOf = (responses: readonly Received[]) =>
  responses.map(({ type, resources, removed }) => [type, Object.keys(resources), removed]);
