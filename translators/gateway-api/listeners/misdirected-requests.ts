import { encodeDomains, encodeMisdirectedVirtualHost, type SharedDomains } from '../../envoy/misdirected-virtual-host.ts';
import type { Collection, Fetch, First, Group, Index } from '../../graph/collection.ts';
import type { Graph } from '../../graph/graph.ts';
import { covers, EVERY_HOST, envoyDomain, owningHosts, parentDomains } from '../hostname.ts';
import type { HostedVirtualHost } from '../routes/route-configurations.ts';
import type { HostOwner } from './host-ownership.ts';
import { portOfListener, type ServingListener } from './serving-listeners.ts';

/** As many listeners as a Gateway can have (GatewaySpec.listeners). */
const MOST_LISTED = 64;

/** No host has such a name. */
const SUFFIX = '#misdirected';

/**
 * Clients use an HTTP/2 connection for every host that its certificate covers, also for hosts of other listeners, with other certificates or other
 * demands on clients. Such a request is sent back to be asked anew on a connection of its own (GEP-3567; Gateway API, Listener `hostname`): in the
 * route configuration of an HTTPS listener the hosts of all others of its port answer 421, also of those that cannot serve and of those of TLS. Envoy takes the most specific domain, and so a broader
 * listener's hosts answer that they are another's where a narrower one has them, and a host that no listener has gets a 404. It hangs on listeners
 * only, and never on routes.
 *
 * Where a port has more hosts than one Gateway can have listeners, that would be a list of all hosts for each of them, and a host more would change
 * them all. There the neighbourhoods of the hosts answer 421 (`*.example.com` for `a.example.com`), and where these are too many too, every host
 * does that is not the listener's own (decisions/0021).
 *
 * Keyed `<fleet>|<route configuration>|#misdirected`.
 */
export function misdirectedRequests(
  graph: Graph,
  { owners, serving }: { readonly owners: Collection<HostOwner>; readonly serving: Collection<ServingListener> },
): Collection<HostedVirtualHost> {
  const hosts = graph.first('serverNames', owners, {
    by: (owner) => (OF_SERVER_NAMES.has(owner.protocol) ? [`${portOfListener(owner)}|${owner.hostname}`] : []),
  });
  const below = graph.index('serverNamesBelow', hosts, ({ winner }) =>
    hostsAbove(winner).map((host) => `${portOfListener(winner)}|${host}`),
  );
  const outline = portOutlines(graph, hosts);
  return graph.derive(
    'misdirectedRequests',
    serving,
    function* (listener, fetch) {
      const { fleet, routeConfiguration, hostname, ref, protocol } = listener;
      const port = protocol === 'HTTPS' ? fetch.one(outline, portOfListener(listener)) : undefined;
      if (port === undefined) return;
      const domains = port.all ?? encodeDomains(othersOf(listener, port.neighbourhoods, fetch, below).map(envoyDomain));
      const head = { name: `${routeConfiguration}/${SUFFIX}`, origin: ref };
      const encoded = encodeMisdirectedVirtualHost(head, domains, envoyDomain(hostname));
      yield [`${fleet}|${routeConfiguration}|${SUFFIX}`, { fleet, routeConfiguration, encoded }];
    },
    { equals: (a, b) => a.encoded.fragment.hash === b.encoded.fragment.hash },
  );
}

/** Whose connections of a port are told apart by server names: a request for a host of any of them is misdirected on another's connection. */
const OF_SERVER_NAMES: ReadonlySet<string> = new Set(['HTTPS', 'TLS']);

/** The hosts of a port of several, as its listeners have to know them. */
interface PortOutline {
  /** Every host; undefined: too many. */
  readonly all: SharedDomains | undefined;
  /** What answers 421 in place of a list of all. */
  readonly neighbourhoods: readonly string[];
}

const sameOutline = (a: PortOutline, b: PortOutline): boolean =>
  a.all?.hash === b.all?.hash && a.neighbourhoods.join(' ') === b.neighbourhoods.join(' ');

/** Keyed by port. Of a port with many hosts it changes only when a neighbourhood comes or goes. */
function portOutlines(graph: Graph, hosts: Collection<First<HostOwner>>): Collection<PortOutline> {
  const byPort = graph.group('serverNamesByPort', hosts, { by: ({ winner }) => [portOfListener(winner)] });
  const near = graph.first<First<HostOwner>>('neighbourhoods', hosts, {
    by: ({ winner }) => [`${portOfListener(winner)}|${neighbourhood(winner.hostname)}`],
  });
  const nearByPort = graph.group('neighbourhoodsByPort', near, { by: ({ winner: { winner } }) => [portOfListener(winner)] });
  return graph.derive<Group<First<HostOwner>>, PortOutline>(
    'portOutlines',
    byPort,
    function* ({ key, members }, fetch) {
      if (members.length < 2) return;
      if (members.length <= MOST_LISTED) {
        yield [key, { all: encodeDomains(members.map(({ winner }) => envoyDomain(winner.hostname))), neighbourhoods: [] }];
        return;
      }
      const found = fetch.one(nearByPort, key)?.members ?? [];
      const neighbourhoods =
        found.length > MOST_LISTED ? [EVERY_HOST] : found.map(({ winner: { winner } }) => neighbourhood(winner.hostname));
      yield [key, { all: undefined, neighbourhoods }];
    },
    { equals: sameOutline },
  );
}

/** A wildcard listener's hosts are all its own; those around an exact host are what is under its parent domain. */
function neighbourhood(host: string): string {
  const [parent] = host.startsWith('*.') ? [] : parentDomains(host);
  return parent === undefined ? host : `*.${parent}`;
}

/** The hosts over it, of which a listener would serve it if nobody else had it. */
const hostsAbove = ({ hostname }: HostOwner): readonly string[] => owningHosts(hostname).slice(1);

/** The hosts of others that it covers, each, and of the rest the neighbourhoods: none within its own hosts, where what nobody else has is its own. */
function othersOf(
  listener: ServingListener,
  neighbourhoods: readonly string[],
  fetch: Fetch,
  below: Index<First<HostOwner>>,
): readonly string[] {
  const { hostname } = listener;
  const covered = fetch.by(below, `${portOfListener(listener)}|${hostname}`).map(({ winner }) => winner.hostname);
  return [...new Set([hostname, ...covered, ...neighbourhoods.filter((each) => !covers(hostname, each))])];
}
