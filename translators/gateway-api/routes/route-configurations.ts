import type { Resource } from '../../../xds/resource.ts';
import {
  assembleRouteConfiguration,
  assembleVirtualHost,
  type EncodedRoute,
  type EncodedVirtualHost,
  encodeSafeVirtualHost,
  type VirtualHostHead,
} from '../../envoy/encode-routes.ts';
import type { HostGate } from '../../envoy/host-gate.ts';
import type { Collection, Group } from '../../graph/collection.ts';
import type { Graph } from '../../graph/graph.ts';
import type { ObjectRef } from '../../ir/object-ref.ts';
import { envoyDomain } from '../hostname.ts';
import type { ListenerFilters } from '../listeners/listener-filters.ts';
import { readsRequests, type ServingListener } from '../listeners/serving-listeners.ts';
import type { RouteEntry } from './route-entries.ts';
import { comparePrecedence } from './route-precedence.ts';

/** A listener's claim of a host, whether or not a route may serve it: without one the answer is 404, and not a broader listener's routes. */
interface HostClaim {
  readonly fleet: string;
  readonly routeConfiguration: string;
  readonly host: string;
  readonly listener: ObjectRef;
  /** As in `RouteEntry`. */
  readonly gate?: string;
  readonly encoded: undefined;
}

type HostMember = RouteEntry | HostClaim;

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
  filters: Collection<ListenerFilters>,
): Collection<HostedVirtualHost> {
  const claims = graph.derive('hostClaims', serving, claimOf);
  // Keys of entries have a "|" and those of listeners have none.
  const members = graph.join<HostMember>('hostMembers', entries, claims);
  const groups = graph.group('virtualHostMembers', members, {
    by: (member) => [`${member.fleet}|${member.routeConfiguration}|${member.host}`],
    orderBy: compareMembers,
  });
  return graph.derive('virtualHosts', groups, (group, fetch) => assemble(group, (listener) => fetch.one(filters, listener)?.gate), {
    whenBroken: shutHost,
    equals: (a, b) => a.encoded.fragment.hash === b.encoded.fragment.hash,
  });
}

function* claimOf(listener: ServingListener): Iterable<readonly [string, HostClaim]> {
  if (!readsRequests(listener)) return;
  const { key, fleet, routeConfiguration, hostname, isGated, ref } = listener;
  const gated = isGated ? { gate: key } : {};
  yield [key, { fleet, routeConfiguration, host: hostname, listener: ref, ...gated, encoded: undefined }];
}

/** Claims first. */
function compareMembers(a: HostMember, b: HostMember): number {
  if (a.encoded !== undefined && b.encoded !== undefined) return comparePrecedence(a.precedence, b.precedence);
  return Number(a.encoded !== undefined) - Number(b.encoded !== undefined);
}

/** Answers 500: its requests are nobody else's, and no broader host takes them. */
function* shutHost(group: Group<HostMember>): Iterable<readonly [string, HostedVirtualHost]> {
  const [first] = group.members;
  if (first === undefined) return;
  const { fleet, routeConfiguration } = first;
  yield [group.key, { fleet, routeConfiguration, encoded: encodeSafeVirtualHost(headOf(first)) }];
}

function headOf({ routeConfiguration, host, listener }: HostMember): VirtualHostHead {
  const domain = envoyDomain(host);
  return { name: `${routeConfiguration}/${domain.replaceAll('.', '_')}`, domains: [domain], origin: listener };
}

/** @param gateOf of a listener; undefined: nobody may pass */
function* assemble(
  group: Group<HostMember>,
  gateOf: (listener: string) => HostGate | undefined,
): Iterable<readonly [string, HostedVirtualHost]> {
  const [first] = group.members;
  if (first === undefined) return;
  const gate = first.gate === undefined ? undefined : gateOf(first.gate);
  if (first.gate !== undefined && gate === undefined) return yield* shutHost(group);
  const { fleet, routeConfiguration } = first;
  const routes: EncodedRoute[] = [];
  for (const { encoded } of group.members) if (encoded !== undefined) routes.push(encoded);
  const head = { ...headOf(first), ...(gate === undefined ? {} : { gate }) };
  yield [group.key, { fleet, routeConfiguration, encoded: assembleVirtualHost(head, routes) }];
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
