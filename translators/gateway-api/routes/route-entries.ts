import { exactStandInHash, standInHash } from '../../../xds/resource.ts';
import { type EncodedRoute, encodeRefusedRoute, encodeRoute, encodeSafeRoute, hasPattern } from '../../envoy/encode-routes.ts';
import { formerVersion } from '../../envoy/former-version.ts';
import { literalPrefix } from '../../envoy/literal-prefix.ts';
import type { Collection, Fetch, First, Index } from '../../graph/collection.ts';
import { equal } from '../../graph/equal.ts';
import type { Graph } from '../../graph/graph.ts';
import type { QuarantinedFragment } from '../../inputs.ts';
import type { ObjectRef } from '../../ir/object-ref.ts';
import { splitRouteKey } from '../../ir/route-key.ts';
import { type RouteNode, requestProtocol } from '../../ir/route-node.ts';
import { envoyDomain } from '../hostname.ts';
import { type HostOwner, ownsHost } from '../listeners/host-ownership.ts';
import { readsRequests, type ServingListener } from '../listeners/serving-listeners.ts';
import { type Attachment, narrowedAt } from './route-attachment.ts';
import type { Precedence } from './route-precedence.ts';
import type { RouteRule } from './route-rule.ts';

/** One match of one rule under one host of one listener: a route of a virtual host, encoded. */
export interface RouteEntry {
  readonly fleet: string;
  readonly route: string;
  readonly routeConfiguration: string;
  /** Lower case; empty: every host. */
  readonly host: string;
  readonly precedence: Precedence;
  readonly encoded: EncodedRoute;
  /** The listener that serves it. */
  readonly listener: ObjectRef;
  /** The key of the listener, where its requests pass filters before a route is chosen. */
  readonly gate?: string;
  /** What Envoy said of it; it does not serve until its content changes. */
  readonly refused: string | undefined;
}

export interface EntrySources {
  readonly serving: Collection<ServingListener>;
  readonly byHost: Index<HostOwner>;
  /** By route. */
  readonly rules: Index<RouteRule>;
  readonly quarantine: Collection<QuarantinedFragment>;
}

/** Keyed `<route>|<listener>|<rule>|<match>|<host>`. Equal hashes mean equal bytes. */
export function routeEntries(graph: Graph, attached: Collection<First<Attachment>>, sources: EntrySources): Collection<RouteEntry> {
  return graph.derive(
    'routeEntries',
    attached,
    function* ({ winner }, fetch, key) {
      const listener = fetch.one(sources.serving, winner.listener);
      if (listener === undefined || !readsRequests(listener)) return;
      const hosts = winner.hosts.filter((host) => ownsHost(listener, host, fetch, sources.byHost));
      const rules = hosts.length === 0 ? [] : fetch.by(sources.rules, winner.route);
      for (const rule of rules) {
        for (const { node, ordinal, host } of routeNodes(rule, listener, hosts)) {
          yield [
            `${key}|${rule.ordinal}|${ordinal}|${host}`,
            entry(
              { rule, listener, host, ordinal, narrowed: narrowedAt(winner, listener.hostname, host) },
              node,
              quarantined(sources, fetch),
            ),
          ];
        }
      }
    },
    { equals: (a, b) => a.encoded.fragment.hash === b.encoded.fragment.hash && samePlace(a, b) },
  );
}

interface Placed {
  readonly node: RouteNode;
  readonly ordinal: number;
  readonly host: string;
}

function* routeNodes(rule: RouteRule, listener: ServingListener, hosts: readonly string[]): Iterable<Placed> {
  const { kind, object } = splitRouteKey(rule.route);
  const owner = `${kind.toLowerCase()}/${object}`;
  const base = {
    kind: 'Route' as const,
    protocol: requestProtocol(kind),
    backends: rule.backends,
    timeouts: rule.timeouts,
    features: rule.features,
    requires: rule.uses.map(({ cluster }) => cluster.name),
    listener: { scheme: listener.protocol === 'HTTPS' ? ('https' as const) : ('http' as const), port: listener.port },
    origin: rule.origin,
  };
  for (const host of hosts) {
    const suffix = envoyDomain(host).replaceAll('.', '_');
    for (const [ordinal, match] of rule.matches.entries()) {
      yield {
        node: {
          ...base,
          name: `${owner}/rule/${rule.ordinal}/match/${ordinal}/${suffix}`,
          match,
          host: envoyDomain(host),
        },
        ordinal,
        host,
      };
    }
  }
}

type Quarantined = (hash: string) => QuarantinedFragment | undefined;

const quarantined =
  (sources: EntrySources, fetch: Fetch): Quarantined =>
  (hash) =>
    fetch.one(sources.quarantine, hash);

interface Place {
  readonly rule: RouteRule;
  readonly listener: ServingListener;
  readonly host: string;
  readonly ordinal: number;
  readonly narrowed: ReturnType<typeof narrowedAt>;
}

function entry({ rule, listener, host, ordinal, narrowed }: Place, node: RouteNode, quarantine: Quarantined): RouteEntry {
  const { encoded, refused } = contained(node, quarantine);
  const precedence = { ...narrowed, protocol: node.protocol, match: node.match, age: rule.age, rule: rule.ordinal, matchOrdinal: ordinal };
  return {
    fleet: listener.fleet,
    route: rule.route,
    routeConfiguration: listener.routeConfiguration,
    host,
    precedence,
    encoded,
    listener: listener.ref,
    ...(listener.isGated ? { gate: listener.key } : {}),
    refused,
  };
}

/** One bad route never holds back the others: what breaks Envoy's rules here, or was refused by a proxy, is replaced. */
function contained(node: RouteNode, quarantine: Quarantined): Pick<RouteEntry, 'encoded' | 'refused'> {
  let encoded: EncodedRoute;
  try {
    encoded = encodeRoute(node);
  } catch (error) {
    return { encoded: encodeSafeRoute(node), refused: error instanceof Error ? error.message : String(error) };
  }
  const { key, hash } = encoded.fragment;
  const refusal = quarantine(hash);
  if (refusal === undefined) return { encoded, refused: undefined };
  const former = formerVersion(encoded, refusal.formers ?? []);
  if (former !== undefined) return { encoded: former, refused: undefined };
  if (refusal.exact) {
    const standIn = hasPattern(node.match) ? exactStandInHash(hash) : standInHash(hash);
    return { encoded: { bytes: encodeSafeRoute(node).bytes, fragment: { key, hash: standIn, requires: [] } }, refused: undefined };
  }
  return {
    encoded: { bytes: encodeRefusedRoute(node).bytes, fragment: { key, hash: standInHash(hash), requires: [] } },
    refused: hasPattern(node.match) ? `${refusal.message} (${closed(node)})` : refusal.message,
  };
}

/** What a stand-in without patterns does to others. */
function closed({ match: { path }, host = '*' }: RouteNode): string {
  const where = path.type === 'RegularExpression' ? `whose path begins with ${literalPrefix(path.value)} ` : '';
  return `since it matches by a pattern, requests to ${host} ${where}get an error too where no route before it takes them`;
}

const samePlace = (a: RouteEntry, b: RouteEntry): boolean =>
  a.routeConfiguration === b.routeConfiguration &&
  a.host === b.host &&
  a.precedence.age.created === b.precedence.age.created &&
  a.precedence.narrowedFrom === b.precedence.narrowedFrom &&
  equal(a.listener, b.listener) &&
  a.gate === b.gate &&
  a.refused === b.refused;
