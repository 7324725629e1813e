import type { Collection, Fetch, Index } from '../../graph/collection.ts';
import type { Graph } from '../../graph/graph.ts';
import { transportOf } from '../../ir/transport.ts';
import { owningHosts } from '../hostname.ts';
import type { PortVerdict } from './listener-conflicts.ts';
import type { GatewayListener } from './listeners.ts';
import { PROTOCOLS, portOfListener, type ServingListener } from './serving-listeners.ts';

/**
 * A listener that is understood and wins its port: its hosts are its own, whether or not it has what it takes to serve them. One that lacks
 * its certificate, or those who vouch for its clients, keeps them closed: nobody serves them in its place with other certificates, other demands on
 * clients and other routes ("Distinct Listeners": requests match the most specific listener; decisions/0024).
 */
export type HostOwner = Pick<ServingListener, 'key' | 'fleet' | 'transport' | 'port' | 'protocol' | 'hostname' | 'ref'>;

/** Keyed by listener. Never changes with certificates. */
export const hostOwners = (
  graph: Graph,
  listeners: Collection<GatewayListener>,
  conflicts: Collection<PortVerdict>,
): Collection<HostOwner> =>
  graph.derive('hostOwners', listeners, function* ({ problems, protocol: named, fleet, port, hostname, ref }, fetch, key) {
    const protocol = PROTOCOLS.find((each) => each === named);
    if (protocol === undefined || problems.some((problem) => problem.type !== 'ResolvedRefs')) return;
    if (fetch.one(conflicts, key)?.conflict !== undefined) return;
    yield [key, { key, fleet, transport: transportOf(protocol), port, protocol, hostname, ref }];
  });

/** The listeners of each port by the hostname that they claim. */
export const listenersByHost = (graph: Graph, owners: Collection<HostOwner>): Index<HostOwner> =>
  graph.index('ownersByHost', owners, (owner) => [slotOf(owner, owner.hostname)]);

const slotOf = (owner: HostOwner, host: string): string => `${portOfListener(owner)}|${host}`;

/** A host belongs to the most specific listener of its port; a broader one must not serve it (GEP-1426, listener isolation). */
export function ownsHost(listener: HostOwner, host: string, fetch: Fetch, byHost: Index<HostOwner>): boolean {
  for (const candidate of owningHosts(host)) {
    if (candidate === listener.hostname) return true;
    if (fetch.by(byHost, slotOf(listener, candidate)).length > 0) return false;
  }
  return false;
}
