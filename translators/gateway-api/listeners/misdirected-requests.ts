import { encodeDomains, encodeMisdirectedVirtualHost } from '../../envoy/misdirected-virtual-host.ts';
import type { Collection, Group } from '../../graph/collection.ts';
import type { Graph } from '../../graph/graph.ts';
import { compareText } from '../age.ts';
import { covers, EVERY_HOST, envoyDomain } from '../hostname.ts';
import type { HostedVirtualHost } from '../routes/route-configurations.ts';
import type { HostOwner } from './host-ownership.ts';
import type { GatewayListener } from './listeners.ts';
import type { ServingListener } from './serving-listeners.ts';

/** As many listeners as a Gateway can have (GatewaySpec.listeners). */
const MOST_LISTED = 64;

/** No host has such a name. */
const SUFFIX = '#misdirected';

/**
 * Clients use an HTTP/2 connection for every host that its certificate covers, also for hosts of other listeners, with other certificates or other
 * demands on clients. Such a request is sent back to be asked anew on a connection of its own (GEP-3567; Gateway API, Listener `hostname`): in the
 * route configuration of an HTTPS listener the hosts of all others of its port answer 421, also of those that cannot serve. Envoy takes the most specific domain, and so a broader
 * listener's hosts answer that they are another's where a narrower one has them, and a host that no listener has gets a 404. It hangs on listeners
 * only, and never on routes.
 *
 * Where a port has more hosts than one Gateway can have listeners, that would be a list of all hosts for each of them, and a host more would change
 * them all. There every host that is not its own answers 421 in a listener, also one that no listener has.
 *
 * Keyed `<fleet>|<route configuration>|#misdirected`.
 */
export const misdirectedRequests = (
  graph: Graph,
  ports: Collection<Group<GatewayListener>>,
  { owners, serving }: { readonly owners: Collection<HostOwner>; readonly serving: Collection<ServingListener> },
): Collection<HostedVirtualHost> =>
  graph.derive(
    'misdirectedRequests',
    ports,
    function* (port, fetch) {
      const members = port.members.flatMap(({ key }) => fetch.one(serving, key) ?? []).filter(({ protocol }) => protocol === 'HTTPS');
      const owned = port.members.flatMap(({ key }) => fetch.one(owners, key) ?? []).filter(({ protocol }) => protocol === 'HTTPS');
      const hosts = [...new Set(owned.map(({ hostname }) => hostname))].sort(compareText);
      if (hosts.length < 2) return;
      const all = hosts.length > MOST_LISTED ? undefined : encodeDomains(hosts.map(envoyDomain));
      for (const { fleet, routeConfiguration, hostname, ref } of members) {
        const domains = all ?? encodeDomains(othersOf(hostname, hosts).map(envoyDomain));
        const head = { name: `${routeConfiguration}/${SUFFIX}`, origin: ref };
        const encoded = encodeMisdirectedVirtualHost(head, domains, envoyDomain(hostname));
        yield [`${fleet}|${routeConfiguration}|${SUFFIX}`, { fleet, routeConfiguration, encoded }];
      }
    },
    { equals: (a, b) => a.encoded.fragment.hash === b.encoded.fragment.hash },
  );

/** All hosts, as a narrow one sees them: those that it covers, itself among them, and the rest as one. */
function othersOf(hostname: string, hosts: readonly string[]): readonly string[] {
  const isExact = hostname !== EVERY_HOST && !hostname.startsWith('*.');
  const covered = isExact ? [hostname] : hosts.filter((host) => covers(hostname, host));
  return [...new Set([...covered, EVERY_HOST])];
}
