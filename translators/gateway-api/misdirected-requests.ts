import { encodeDomains, encodeMisdirectedVirtualHost } from '../envoy/misdirected-virtual-host.ts';
import type { Collection, Group } from '../graph/collection.ts';
import type { Graph } from '../graph/graph.ts';
import { compareText } from './age.ts';
import { envoyDomain } from './hostname.ts';
import type { GatewayListener } from './listeners.ts';
import type { HostedVirtualHost } from './route-configurations.ts';
import type { ServingListener } from './serving-listeners.ts';

/** No host has such a name. */
const SUFFIX = '#misdirected';

/**
 * Clients use an HTTP/2 connection for every host that its certificate covers, also for hosts of other listeners, with other certificates or other
 * demands on clients. Such a request is sent back to be asked anew on a connection of its own (GEP-3567; Gateway API, Listener `hostname`): in the
 * route configuration of an HTTPS listener the hosts of all others of its port answer 421. Envoy takes the most specific domain, and so a broader
 * listener's hosts answer that they are another's where a narrower one has them, and a host that no listener has gets a 404. It hangs on listeners
 * only, and never on routes.
 *
 * Keyed `<fleet>|<route configuration>|#misdirected`.
 */
export const misdirectedRequests = (
  graph: Graph,
  ports: Collection<Group<GatewayListener>>,
  serving: Collection<ServingListener>,
): Collection<HostedVirtualHost> =>
  graph.derive(
    'misdirectedRequests',
    ports,
    function* (port, fetch) {
      const members = port.members.flatMap(({ key }) => fetch.one(serving, key) ?? []).filter(({ protocol }) => protocol === 'HTTPS');
      const hosts = [...new Set(members.map(({ hostname }) => hostname))].sort(compareText);
      if (hosts.length < 2) return;
      const domains = encodeDomains(hosts.map(envoyDomain));
      for (const { fleet, routeConfiguration, hostname, ref } of members) {
        const head = { name: `${routeConfiguration}/${SUFFIX}`, origin: ref };
        const encoded = encodeMisdirectedVirtualHost(head, domains, envoyDomain(hostname));
        yield [`${fleet}|${routeConfiguration}|${SUFFIX}`, { fleet, routeConfiguration, encoded }];
      }
    },
    { equals: (a, b) => a.encoded.fragment.hash === b.encoded.fragment.hash },
  );
