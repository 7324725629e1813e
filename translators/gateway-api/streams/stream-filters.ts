import type { Resource } from '../../../xds/resource.ts';
import { encodeRefusedStreamFilter, encodeStreamFilter, formerStreamFilter } from '../../envoy/encode-streams.ts';
import type { Collection, Fetch, First, Group, Index } from '../../graph/collection.ts';
import type { Graph } from '../../graph/graph.ts';
import type { QuarantinedFragment } from '../../inputs.ts';
import { splitRouteKey } from '../../ir/route-key.ts';
import type { BackendShare } from '../../ir/route-node.ts';
import type { StreamFilterNode } from '../../ir/stream-node.ts';
import { portOfListener, type ServingListener } from '../listeners/serving-listeners.ts';
import { type FleetResource, sameResource } from '../routes/route-configurations.ts';
import type { RouteRule } from '../routes/route-rule.ts';
import type { StreamClaim } from './stream-claims.ts';

/** Where the connections that a route takes at a listener go. */
export interface StreamFilter {
  readonly fleet: string;
  readonly port: string;
  readonly listener: string;
  readonly route: string;
  readonly backends: readonly BackendShare[];
  /** Undefined for UDP, whose listener says itself where datagrams go. */
  readonly resource: Resource | undefined;
  /** What Envoy said of it; it does not serve until its content changes. */
  readonly refused: string | undefined;
}

export interface FilterSources {
  readonly serving: Collection<ServingListener>;
  /** By fleet: whether connections are logged. */
  readonly logged: Collection<boolean>;
  /** By route. */
  readonly rules: Index<RouteRule>;
  readonly quarantine: Collection<QuarantinedFragment>;
}

/** `<kind in lower case>/<ns>/<name>`: what a chain for bytes is called (contract D.5). */
export function streamName(route: string): string {
  const { kind, object } = splitRouteKey(route);
  return `${kind.toLowerCase()}/${object}`;
}

export const filterName = ({ listener, route }: StreamClaim): string => `${listener}/${streamName(route)}`;

/** Contract D.5. */
export function statPrefixOf({ protocol, passthrough, bindPort }: ServingListener): string {
  const use = protocol === 'TLS' ? `tls-${passthrough ? 'passthrough' : 'terminate'}` : protocol.toLowerCase();
  return `${use}-${bindPort}`;
}

/** Keyed `<listener>|<route>`. What a route's backends are is nobody's business but its own: this is all that follows from a change of them. */
export function streamFilters(graph: Graph, won: Collection<Group<First<StreamClaim>>>, sources: FilterSources): Collection<StreamFilter> {
  return graph.derive('streamFilters', won, function* ({ members: [first] }, fetch, key) {
    if (first === undefined) return;
    const { listener: name, route } = first.winner;
    const listener = fetch.one(sources.serving, name);
    const [rule] = fetch.by(sources.rules, route);
    if (listener === undefined || rule === undefined) return;
    const { fleet, transport } = listener;
    const backends = listener.secrets.length > 0 ? (rule.reencrypted ?? rule.backends) : rule.backends;
    const place = { fleet, port: portOfListener(listener), listener: name, route, backends };
    if (transport === 'UDP') yield [key, { ...place, resource: undefined, refused: undefined }];
    else {
      const accessLog = fetch.one(sources.logged, fleet) === true;
      const node = { kind: 'StreamFilter', name: filterName(first.winner), statPrefix: statPrefixOf(listener), accessLog } as const;
      yield [key, { ...place, ...contained({ ...node, backends }, sources, fetch) }];
    }
  });
}

/** One bad route never holds back the others (see `route-entries.ts`). */
function contained(node: StreamFilterNode, { quarantine }: FilterSources, fetch: Fetch): Pick<StreamFilter, 'resource' | 'refused'> {
  const resource = encodeStreamFilter(node);
  const hash = resource.fragments[0]?.hash ?? '';
  const refusal = fetch.one(quarantine, hash);
  if (refusal === undefined) return { resource, refused: undefined };
  const former = formerStreamFilter(node.name, hash, refusal.formers ?? []);
  if (former !== undefined) return { resource: former, refused: undefined };
  return { resource: encodeRefusedStreamFilter(node, hash), refused: refusal.exact ? undefined : refusal.message };
}

/** Keyed `<fleet>|<name>`. */
export const extensionConfigs = (graph: Graph, filters: Collection<StreamFilter>): Collection<FleetResource> =>
  graph.derive(
    'extensionConfigs',
    filters,
    function* ({ fleet, resource }) {
      if (resource !== undefined) yield [`${fleet}|${resource.name}`, { fleet, resource }];
    },
    { equals: sameResource },
  );
