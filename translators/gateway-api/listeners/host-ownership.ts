import type { Collection, Fetch, Index } from '../../graph/collection.ts';
import type { Graph } from '../../graph/graph.ts';
import { owningHosts } from '../hostname.ts';
import { portOfListener, type ServingListener } from './serving-listeners.ts';

/** The listeners of each port by the hostname that they claim. */
export const listenersByHost = (graph: Graph, serving: Collection<ServingListener>): Index<ServingListener> =>
  graph.index('servingByHost', serving, (listener) => [slotOf(listener, listener.hostname)]);

const slotOf = (listener: ServingListener, host: string): string => `${portOfListener(listener)}|${host}`;

/** A host belongs to the most specific listener of its port; a broader one must not serve it (GEP-1426, listener isolation). */
export function ownsHost(listener: ServingListener, host: string, fetch: Fetch, byHost: Index<ServingListener>): boolean {
  for (const candidate of owningHosts(host)) {
    if (candidate === listener.hostname) return true;
    if (fetch.by(byHost, slotOf(listener, candidate)).length > 0) return false;
  }
  return false;
}
