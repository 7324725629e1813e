import type { Resource } from '../../xds/resource.ts';
import { assembleRouteConfiguration, assembleVirtualHost, type EncodedRoute, type EncodedVirtualHost } from '../envoy/encode-routes.ts';
import type { Collection, Group } from '../graph/collection.ts';
import type { Graph } from '../graph/graph.ts';
import type { ObjectRef } from '../ir/object-ref.ts';
import { compareText } from './age.ts';
import { envoyDomain } from './hostname.ts';
import type { RouteEntry } from './route-entries.ts';
import { comparePrecedence } from './route-precedence.ts';
import type { ServingListener } from './serving-listeners.ts';

/** A virtual host's member: a route, or a listener that claims the host although no route may serve it. */
type HostMember =
  | {
      readonly kind: 'entry';
      readonly fleet: string;
      readonly routeConfiguration: string;
      readonly host: string;
      readonly ref: ObjectRef;
      readonly entry: RouteEntry;
    }
  | { readonly kind: 'claim'; readonly fleet: string; readonly routeConfiguration: string; readonly host: string; readonly ref: ObjectRef };

/** A virtual host with its place. */
export interface HostedVirtualHost {
  readonly fleet: string;
  readonly routeConfiguration: string;
  readonly encoded: EncodedVirtualHost;
}

/** A resource of one fleet; its collection is keyed `<fleet>|<name>`. */
export interface FleetResource {
  readonly fleet: string;
  readonly resource: Resource;
}

export const sameResource = (a: FleetResource, b: FleetResource): boolean => a.resource.version === b.resource.version;

/** Keyed `<fleet>|<route configuration>|<host>`: one for each host, its routes by precedence. */
export function virtualHosts(
  graph: Graph,
  entries: Collection<RouteEntry>,
  serving: Collection<ServingListener>,
): Collection<HostedVirtualHost> {
  const served = graph.derive('servedEntries', entries, entryMember, { equals: (a, b) => a === b });
  const claims = graph.derive('hostClaims', serving, claimMember);
  const members = graph.join<HostMember>('hostMembers', served, claims);
  const groups = graph.group('virtualHostMembers', members, {
    by: (member) => [`${member.fleet}|${member.routeConfiguration}|${member.host}`],
    orderBy: compareMembers,
  });
  return graph.derive('virtualHosts', groups, assemble, { equals: (a, b) => a.encoded.fragment.hash === b.encoded.fragment.hash });
}

function* entryMember(entry: RouteEntry, _fetch: unknown, key: string): Iterable<readonly [string, HostMember]> {
  yield [
    `entry|${key}`,
    { kind: 'entry', fleet: entry.fleet, routeConfiguration: entry.routeConfiguration, host: entry.host, ref: entry.listener, entry },
  ];
}

/** A listener answers for its own hostname: without a route that is 404, not a broader listener's routes. */
function* claimMember(listener: ServingListener): Iterable<readonly [string, HostMember]> {
  const { fleet, routeConfiguration, hostname, ref } = listener;
  yield [`claim|${listener.key}`, { kind: 'claim', fleet, routeConfiguration, host: hostname, ref }];
}

function compareMembers(a: HostMember, b: HostMember): number {
  if (a.kind === 'entry' && b.kind === 'entry') return comparePrecedence(a.entry.precedence, b.entry.precedence);
  return compareText(a.kind, b.kind);
}

function* assemble(group: Group<HostMember>): Iterable<readonly [string, HostedVirtualHost]> {
  const [first] = group.members;
  if (first === undefined) return;
  const { fleet, routeConfiguration, host, ref } = first;
  const routes: EncodedRoute[] = [];
  for (const member of group.members) if (member.kind === 'entry') routes.push(member.entry.encoded);
  const domain = envoyDomain(host);
  const name = `${routeConfiguration}/${domain.replaceAll('.', '_')}`;
  yield [group.key, { fleet, routeConfiguration, encoded: assembleVirtualHost({ name, domains: [domain], origin: ref }, routes) }];
}

/** Keyed `<fleet>|<route configuration>`. */
export function routeConfigurations(graph: Graph, hosts: Collection<HostedVirtualHost>): Collection<FleetResource> {
  const groups = graph.group('routeConfigurationMembers', hosts, { by: (host) => [`${host.fleet}|${host.routeConfiguration}`] });
  return graph.derive(
    'routeConfigurations',
    groups,
    function* (group) {
      const [first] = group.members;
      if (first === undefined) return;
      const resource = assembleRouteConfiguration(
        first.routeConfiguration,
        group.members.map((member) => member.encoded),
      );
      yield [group.key, { fleet: first.fleet, resource }];
    },
    { equals: sameResource },
  );
}
