import { create } from '@bufbuild/protobuf';
import {
  type Route,
  RouteSchema,
  type VirtualHost,
  VirtualHostSchema,
} from '../../xds/proto/gen/envoy/config/route/v3/route_components_pb.ts';
import { RouteConfigurationSchema } from '../../xds/proto/gen/envoy/config/route/v3/route_pb.ts';
import { type Fragment, isStandIn, markedVersion, originalHash, type Resource, type Rope } from '../../xds/resource.ts';
import type { ObjectRef } from '../ir/object-ref.ts';
import type { RouteMatchNode, RouteNode } from '../ir/route-node.ts';
import { contentHash } from './content-hash.ts';
import { encodeMessage, entryOf } from './encode.ts';
import { field, join, rope } from './framing.ts';
import type { HostGate } from './host-gate.ts';
import { metadataOf } from './metadata.ts';
import { buildRoutes, closingRoute, clustersOf, safeRoute } from './route.ts';
import { serverError } from './route-backends.ts';

/** A route as a virtual host takes it in: one framed `VirtualHost.routes` entry, or two where it needs a preflight. */
export interface EncodedRoute {
  readonly fragment: Fragment;
  readonly bytes: Uint8Array;
}

/** A virtual host as a RouteConfiguration takes it in: a framed `virtual_hosts` entry, which shares the bytes of its routes. */
export interface EncodedVirtualHost {
  readonly fragment: Fragment;
  readonly bytes: Rope;
  /** Hashes of the routes that proxies refused and that others stand in for. */
  readonly quarantined: readonly string[];
}

/** What a virtual host has besides its routes. */
export interface VirtualHostHead {
  /** `<listener>/<hostname with dots as underscores>` (contract D.5). */
  readonly name: string;
  /** As in `:authority`, without port; `*.x` and `*` are wildcards. */
  readonly domains: readonly string[];
  /** Goes into its metadata: the Gateway listener that it belongs to. */
  readonly origin: ObjectRef;
  /** What all its requests pass first. */
  readonly gate?: HostGate;
}

/** Throws when a rule of Envoy's is broken that a user cannot break; `encodeSafeRoute` is the answer then. */
export function encodeRoute(node: RouteNode): EncodedRoute {
  return encodedRoute(node.name, buildRoutes(node), node.requires);
}

/** The same match answering with an error. */
export function encodeSafeRoute(node: RouteNode): EncodedRoute {
  return encodedRoute(node.name, [safeRoute(node)]);
}

/**
 * What stands in for a route that a proxy refused: the same match answering with an error. Of all that may be refused a pattern is the likeliest, and with
 * it the stand-in would be refused again together with everything around it. Left out, the requests of the route would fall to others that may let
 * in whom it keeps out. So it goes without the pattern, and closes more than the route did.
 */
export const encodeRefusedRoute = (node: RouteNode): EncodedRoute =>
  encodedRoute(node.name, [hasPattern(node.match) ? closingRoute(node) : safeRoute(node)]);

export const hasPattern = ({ path, headers, queryParams }: RouteMatchNode): boolean =>
  [path, ...headers, ...queryParams].some(({ type }) => type === 'RegularExpression');

/** Costs a hash of the members' hashes; nothing is encoded or copied again. */
export function assembleVirtualHost(head: VirtualHostHead, routes: readonly EncodedRoute[]): EncodedVirtualHost {
  const members = head.gate === undefined ? routes : [...routes, unmatchedRoute()];
  const headBytes = encodeMessage(VirtualHostSchema, virtualHost(head));
  const fragment = {
    key: head.name,
    hash: combinedHash(headBytes, members),
    requires: head.gate?.requires ?? [],
    fragments: members.map((member) => member.fragment),
  };
  const bytes = field(RouteConfigurationSchema.field.virtualHosts.number, contentOf(headBytes, members));
  return { fragment, bytes, quarantined: members.flatMap(quarantinedOriginal) };
}

/** Answers 500 to every request: for a virtual host that a proxy refuses as a whole. */
export function encodeSafeVirtualHost(head: VirtualHostHead): EncodedVirtualHost {
  const everything = create(RouteSchema, {
    name: `${head.name}/safe`,
    match: { pathSpecifier: { case: 'prefix', value: '/' } },
    action: { case: 'directResponse', value: serverError() },
  });
  return assembleVirtualHost(head, [encodedRoute(everything.name, [everything])]);
}

/** Costs a hash of the members' hashes. Without members every request gets a 404. */
export function assembleRouteConfiguration(name: string, members: readonly EncodedVirtualHost[]): Resource {
  const head = create(RouteConfigurationSchema, { name, ignorePortInHostMatching: true });
  const headBytes = encodeMessage(RouteConfigurationSchema, head);
  const ref = { type: 'routeConfiguration', name } as const;
  const version = markedVersion(
    combinedHash(headBytes, members),
    members.flatMap((member) => member.quarantined),
  );
  return {
    ...ref,
    version,
    entry: entryOf(ref, version, contentOf(headBytes, members)),
    requires: [],
    fragments: members.map((member) => member.fragment),
    graceMs: 0,
  };
}

const quarantinedOriginal = ({ fragment }: Member): readonly string[] => (isStandIn(fragment) ? [originalHash(fragment)] : []);

function encodedRoute(key: string, routes: readonly Route[], clusters: readonly string[] = []): EncodedRoute {
  const bytes = join(rope(routes.map((route) => field(VirtualHostSchema.field.routes.number, rope([encodeMessage(RouteSchema, route)])))));
  const said = routes.flatMap(clustersOf);
  const requires = [...new Set([...said, ...clusters])].sort();
  // What is needed besides stands in no byte, and is a change all the same.
  const unsaid = requires.filter((cluster) => !said.includes(cluster));
  const hash = unsaid.length === 0 ? contentHash(bytes) : contentHash([contentHash(bytes), ...unsaid].join(' '));
  return { fragment: { key, hash, requires, bytes }, bytes };
}

function virtualHost({ name, domains, origin, gate }: VirtualHostHead): VirtualHost {
  const metadata = metadataOf([origin]);
  return create(VirtualHostSchema, { name, domains: [...domains], metadata, typedPerFilterConfig: { ...gate?.typedPerFilterConfig } });
}

/** What Envoy does by itself where no route takes a request, as a route: what the host's requests pass first is passed on the way to a route only. */
function unmatchedRoute(): EncodedRoute {
  const route = create(RouteSchema, {
    name: 'no-route',
    match: { pathSpecifier: { case: 'prefix', value: '/' } },
    action: { case: 'directResponse', value: { status: NOT_FOUND } },
  });
  return encodedRoute(route.name, [route]);
}

const NOT_FOUND = 404;

interface Member {
  readonly fragment: Fragment;
  readonly bytes: Uint8Array | Rope;
}

const contentOf = (head: Uint8Array, members: readonly Member[]): Rope => rope([head, ...members.map((member) => member.bytes)]);

const combinedHash = (head: Uint8Array, members: readonly Member[]): string =>
  contentHash([contentHash(head), ...members.map((member) => member.fragment.hash)].join(' '));
