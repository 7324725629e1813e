import type { Collection, Fetch, First, Index } from '../../graph/collection.ts';
import type { Graph } from '../../graph/graph.ts';
import type { Age } from '../age.ts';
import { allowsNamespace, type NamespaceLabels } from '../listeners/allowed-namespaces.ts';
import type { GatewayListener } from '../listeners/listeners.ts';
import type { RouteParent } from './route-parents.ts';
import { isRefused, type RouteRule } from './route-rule.ts';

/** Whether a listener takes routes of a kind from a namespace. Keyed `<listener>|<kind>|<namespace>`. */
export interface Admission {
  readonly admitted: boolean;
}

/** A parentRef and a listener that took it. Keyed `<route>|<ordinal>|<listener>`. */
export interface Attachment {
  readonly route: string;
  readonly parent: string;
  readonly listener: string;
  readonly hosts: readonly string[];
  /** As in `Candidate`. */
  readonly narrowedFrom?: number;
  /** The route's. */
  readonly age: Age;
}

/** What an attachment says of one of its hosts. Only the listener's own hostname can be narrower than what the route names. */
export const narrowedAt = ({ narrowedFrom }: Attachment, hostname: string, host: string): Pick<Attachment, 'narrowedFrom'> =>
  narrowedFrom !== undefined && host === hostname ? { narrowedFrom } : {};

/** Only what some route asks for is decided; a namespace relabelled wakes its own requests only. */
export function admissions(
  graph: Graph,
  parents: Collection<RouteParent>,
  listeners: Collection<GatewayListener>,
  labels: NamespaceLabels,
): Collection<Admission> {
  const asked = graph.first('admissionRequests', parents, {
    by: (parent) => parent.candidates.map((candidate) => admissionKey(candidate.listener, parent)),
  });
  const pairs = graph.derive('admissionPairs', asked, pairOf, { equals: () => true });
  return graph.derive('admissions', pairs, function* (pair, fetch, key) {
    const listener = fetch.one(listeners, pair.listener);
    if (listener === undefined) return;
    yield [key, { admitted: carries(listener, pair.kind) && takesNamespace(listener, pair.namespace, fetch, labels) }];
  });
}

interface AdmissionRequest {
  readonly listener: string;
  readonly kind: string;
  readonly namespace: string;
}

function* pairOf(group: First<RouteParent>): Iterable<readonly [string, AdmissionRequest]> {
  const [listener = '', kind = '', namespace = ''] = group.key.split('|');
  yield [group.key, { listener, kind, namespace }];
}

const carries = (listener: GatewayListener, kind: string): boolean => listener.supportedKinds.some((each) => each.kind === kind);

const takesNamespace = (listener: GatewayListener, namespace: string, fetch: Fetch, labels: NamespaceLabels): boolean =>
  allowsNamespace({ ...listener.allowedNamespaces, home: listener.namespace }, namespace, fetch, labels);

const admissionKey = (listener: string, { kind, namespace }: RouteParent): string => `${listener}|${kind}|${namespace}`;

export function attachments(graph: Graph, parents: Collection<RouteParent>, admitted: Collection<Admission>): Collection<Attachment> {
  return graph.derive('attachments', parents, function* (parent, fetch, key) {
    for (const candidate of parent.candidates) {
      if (fetch.one(admitted, admissionKey(candidate.listener, parent))?.admitted !== true) continue;
      yield [`${key}|${candidate.listener}`, { route: parent.route, parent: key, ...candidate, age: parent.age }];
    }
  });
}

/** One a route and listener, however many parentRefs lead there. Keyed `<route>|<listener>`. */
export const attachedRoutes = (graph: Graph, all: Collection<Attachment>): Collection<First<Attachment>> =>
  graph.first('attachedRoutes', all, { by: (attachment) => [`${attachment.route}|${attachment.listener}`] });

/** How many routes each listener carries: accepted ones only, whatever state the listener is in (status.listeners[].attachedRoutes). */
export function attachedRouteCounts(graph: Graph, attached: Collection<First<Attachment>>, rules: Index<RouteRule>): Collection<number> {
  const accepted = graph.derive('acceptedRoutes', attached, function* ({ winner }, fetch, key) {
    const own = fetch.by(rules, winner.route);
    if (own.length === 0 || !own.every(isRefused)) yield [key, winner.listener];
  });
  return graph.count('attachedRouteCounts', accepted, (listener) => [listener]);
}
