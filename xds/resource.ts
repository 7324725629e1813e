/**
 * What the server passes on: encoded xDS resources. Made once by whoever translates, shared by all proxies of a fleet.
 * Nothing here knows what a resource means; it knows what has to come before what, and which parts can be replaced alone.
 */

/** The resource types of the aggregated stream, in the order in which a proxy needs them. */
export const RESOURCE_TYPES = {
  secret: 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret',
  cluster: 'type.googleapis.com/envoy.config.cluster.v3.Cluster',
  loadAssignment: 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment',
  listener: 'type.googleapis.com/envoy.config.listener.v3.Listener',
  routeConfiguration: 'type.googleapis.com/envoy.config.route.v3.RouteConfiguration',
  /** The configuration of one filter that a listener names and does not hold itself (ECDS). */
  extensionConfig: 'type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig',
} as const;

export type ResourceType = keyof typeof RESOURCE_TYPES;

/** One resource by type and name, unique in a fleet. */
export interface ResourceRef {
  readonly type: ResourceType;
  readonly name: string;
}

/**
 * A part of a resource that its maker can replace by a safe answer when a proxy refuses it: a route, a virtual host.
 * `hash` names the content and changes with it; `requires` are the cluster names that this part alone needs.
 */
export interface Fragment {
  readonly key: string;
  readonly hash: string;
  readonly requires: readonly string[];
  readonly fragments?: readonly Fragment[];
  /** Its maker's encoding of a leaf, for the case that it is to stand in for a later version of itself. The server does not read it. */
  readonly bytes?: Uint8Array;
}

/** Bytes that are not one buffer yet: their parts in order. What many share is in memory once. */
export interface Rope {
  readonly parts: readonly (Uint8Array | Rope)[];
  /** Of all parts together, in bytes. */
  readonly size: number;
}

/** An encoded resource. Immutable; a change is a new value with another `version`. */
export interface Resource extends ResourceRef {
  /** Hash of the content. Equal content, equal version, on every replica and after every restart. */
  readonly version: string;
  /** The framed `resources` entry of a DeltaDiscoveryResponse (field 2: tag, length, Resource), ready to be concatenated. */
  readonly entry: Rope;
  /** What a proxy must hold before it gets this one: a cluster its load assignment, a listener its secrets, filters and, where it names some itself, clusters. Clusters of routes are in `fragments`. */
  readonly requires: readonly ResourceRef[];
  /** The parts that can be refused alone. Empty: the resource stands or falls as a whole. */
  readonly fragments: readonly Fragment[];
  /** How long a proxy may still use it after nothing refers to it any more, in milliseconds (a cluster: the longest timeout of its routes). */
  readonly graceMs: number;
}

const SAFE_PREFIX = 'safe:';
const FORMER_MARK = '<';
const EXACT_MARK = '=';

/** The hash of a leaf that stands in for a quarantined one: by a safe answer, or by what stood there before (`former`). */
export function standInHash(original: string, former?: Fragment): string {
  if (former === undefined) return SAFE_PREFIX + original;
  return SAFE_PREFIX + original + FORMER_MARK + former.hash.slice(former.hash.lastIndexOf(FORMER_MARK) + 1);
}

/**
 * The hash of a leaf that stands in for a suspect by a safe answer of just its requests, if that keeps something of it that may be what was refused. Where it
 * does not, `standInHash` says it.
 */
export const exactStandInHash = (original: string): string => SAFE_PREFIX + original + EXACT_MARK;

export const isExactStandIn = ({ hash }: Fragment): boolean => hash.startsWith(SAFE_PREFIX) && hash.endsWith(EXACT_MARK);

/** Whether a leaf stands in for a quarantined one. */
export const isStandIn = ({ hash }: Fragment): boolean => hash.startsWith(SAFE_PREFIX);

/** Whether a leaf says what somebody asked for, now or before: it is no safe answer. */
export const isContent = (leaf: Fragment): boolean => !isStandIn(leaf) || leaf.hash.includes(FORMER_MARK);

/** The hash of a leaf, or of the leaf that it stands in for. */
export function originalHash(leaf: Fragment): string {
  if (!isStandIn(leaf)) return leaf.hash;
  const [original = ''] = leaf.hash.slice(SAFE_PREFIX.length).split(FORMER_MARK);
  return original.endsWith(EXACT_MARK) ? original.slice(0, -EXACT_MARK.length) : original;
}

const MARK = '!';
const MOST_MARKS = 32;

/**
 * The version of a resource some of whose leaves stand in for quarantined ones: it names the originals. A proxy tells its versions to a
 * server that begins anew, so that this one knows whom to suspect first; otherwise it has to suspect all. Too many are left out.
 */
export function markedVersion(contentHash: string, quarantined: readonly string[]): string {
  if (quarantined.length === 0 || quarantined.length > MOST_MARKS) return contentHash;
  return contentHash + MARK + [...quarantined].sort().join(MARK);
}

/** The hashes that `markedVersion` put into a version. */
export const quarantinedIn = (version: string): readonly string[] => version.split(MARK).slice(1);

/** One step of a fleet's snapshot: `resource` undefined removes it. */
export interface ResourceChange extends ResourceRef {
  readonly resource: Resource | undefined;
}
