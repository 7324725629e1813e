import type { Route } from '../../crds/gateway-api/route.ts';
import { listenerText, ownerName } from '../gateway-api/listeners/listeners.ts';
import type { KindConflict } from '../gateway-api/routes/kind-conflicts.ts';
import type { Attachment } from '../gateway-api/routes/route-attachment.ts';
import type { ParentRef, RouteParent } from '../gateway-api/routes/route-parents.ts';
import { isRefused, type RouteRule } from '../gateway-api/routes/route-rule.ts';
import type { LostClaim } from '../gateway-api/streams/stream-claims.ts';
import { whyUnreadable } from '../gateway-api/unreadable.ts';
import type { Collection, Fault, Index } from '../graph/collection.ts';
import type { Graph } from '../graph/graph.ts';
import type { Problem } from '../ir/problem.ts';
import { splitRouteKey } from '../ir/route-key.ts';
import { requestProtocol } from '../ir/route-node.ts';
import { type ConditionNode, conditionOf, type Draft, fails, holds, stamped } from './condition.ts';

/** Our entries of a route's status; those of other controllers are not ours to say. */
export interface RouteStatus {
  readonly parents: readonly {
    readonly parentRef: ParentRef;
    readonly controllerName: string;
    readonly conditions: readonly ConditionNode[];
  }[];
}

/** A part of a route as proxies have it. */
export interface ServedPart {
  readonly route: string;
  /** What Envoy said of it; it does not serve until its content changes. */
  readonly refused: string | undefined;
}

export interface RouteStatusSources {
  readonly parents: Collection<RouteParent>;
  readonly attachments: Collection<Attachment>;
  readonly conflicts: Collection<KindConflict>;
  readonly rules: Index<RouteRule>;
  readonly served: Collection<ServedPart>;
  readonly lost: Collection<LostClaim>;
  readonly faults: Collection<Fault>;
  readonly unreadable: Collection<string>;
}

/** Keyed by route, of whatever kind. */
export function routeStatuses(
  graph: Graph,
  routes: Collection<Route>,
  sources: RouteStatusSources,
  controllerName: string,
): Collection<RouteStatus> {
  const parentsByRoute = graph.index('parentsByRoute', sources.parents, (parent) => [parent.route]);
  const attachedByParent = graph.index('attachmentsByParent', sources.attachments, (attachment) => [attachment.parent]);
  const refusedByRoute = graph.index('refusedPartsByRoute', sources.served, (part) => (part.refused === undefined ? [] : [part.route]));
  const conflictsByRoute = graph.index('conflictsByRoute', sources.conflicts, (conflict) => [conflict.route]);
  const faultsByRoute = graph.index('faultsByRoute', sources.faults, routeOfFault);
  const lostByRoute = graph.index('lostByRoute', sources.lost, (lost) => [lost.route]);
  return graph.derive('routeStatuses', routes, function* (route, fetch, key) {
    const rules = fetch.by(sources.rules, key);
    const refusals = [...new Set(fetch.by(refusedByRoute, key).map((part) => part.refused ?? ''))];
    const parents = [...fetch.by(parentsByRoute, key)].sort((a, b) => a.ordinal - b.ordinal);
    if (parents.length === 0) return;
    const attachments = parents.map((parent) => fetch.by(attachedByParent, `${key}|${parent.ordinal}`));
    const lost = fetch.by(lostByRoute, key);
    const meeting = fetch.by(conflictsByRoute, key);
    const [bug] = [...fetch.by(faultsByRoute, key)].sort((a, b) => placeOf(a) - placeOf(b));
    yield [
      key,
      {
        parents: parents.map((parent, index) => {
          const at = new Set((attachments[index] ?? []).map(({ listener }) => listener));
          const conflicts = meeting.filter(({ listener }) => at.has(listener));
          const attached = at.size > conflicts.length;
          const unknown = attached ? undefined : whyUnreadable(fetch, sources.unreadable, 'Namespace', parent.namespace);
          const drafts = [
            ...routeConditions({ parent, attached, conflicts, unknown, lost: lost.filter(({ listener }) => at.has(listener)) }, rules),
            ...deliveryConditions(refusals, bug, parent),
          ];
          return { parentRef: parent.ref, controllerName, conditions: stamped(drafts, route.metadata.generation) };
        }),
      },
    ];
  });
}

interface Standing {
  readonly parent: RouteParent;
  readonly attached: boolean;
  readonly conflicts: readonly KindConflict[];
  /** Why the labels of the route's namespace are not known, where that may be the reason. */
  readonly unknown: string | undefined;
  /** What other routes have of what it asks for here. */
  readonly lost: readonly LostClaim[];
}

function routeConditions(standing: Standing, rules: readonly RouteRule[]): readonly Draft[] {
  const problems = rules.flatMap((rule) => rule.problems);
  return [
    ...acceptance(standing, rules),
    conditionOf('ResolvedRefs', problems, holds('ResolvedRefs', 'ResolvedRefs', 'Resolved all the object references of the route.')),
  ];
}

/** Rules that cannot be honoured answer with an error; as long as others stand, the route does (GEP-1364, PartiallyInvalid). */
function acceptance({ parent, attached, conflicts, unknown, lost }: Standing, rules: readonly RouteRule[]): readonly Draft[] {
  if (parent.problem !== undefined) return [fails('Accepted', parent.problem.reason, parent.problem.message)];
  const elsewhere = conflicts.map((conflict) => conflictText(parent.kind, conflict));
  if (!attached && elsewhere.length > 0) return [fails('Accepted', 'HostnameConflict', elsewhere.join(' '))];
  if (!attached) return [fails('Accepted', 'NotAllowedByListeners', notAllowed(parent, unknown))];
  const refused = rules.filter(isRefused);
  const accepted = holds(
    'Accepted',
    'Accepted',
    ['Route is accepted.', ...elsewhere, ...lostHosts(lost), ...ignoredFields(rules)].join(' '),
  );
  if (refused.length === 0) return [accepted];
  const problems = refused.flatMap((rule) => rule.problems);
  if (refused.length === rules.length) return [conditionOf('Accepted', problems, accepted)];
  return [accepted, holds('PartiallyInvalid', 'UnsupportedValue', partlyInvalid(parent, refused, problems))];
}

/** It stays accepted: the specification has it so (TCPRouteMultipleRoutesAttachment). */
function lostHosts(lost: readonly LostClaim[]): readonly string[] {
  return [...Map.groupBy(lost, ({ listener, to }) => `${listener}|${to}`).values()].flatMap((claims) => {
    const [first] = claims;
    if (first === undefined) return [];
    const { kind, object } = splitRouteKey(first.to);
    const hosts = claims.map(({ host }) => host).filter((host) => host !== '');
    const what = hosts.length === 0 ? 'the traffic' : shortList(hosts);
    return [
      `It does not get ${what} of listener ${listenerText(first.listener)}, which goes to ${first.isLessSpecific ? `${kind} ${object}, whose hostname is more specific` : `the older ${kind} ${object}`}.`,
    ];
  });
}

const SHOWN = 3;

const shortList = (all: readonly string[]): string =>
  all.length <= SHOWN ? all.join(', ') : `${all.slice(0, SHOWN).join(', ')} and ${all.length - SHOWN} more hosts`;

function ignoredFields(rules: readonly RouteRule[]): readonly string[] {
  const fields = rules.flatMap((rule) => rule.ignored);
  return fields.length === 0 ? [] : [`These fields are not supported yet and have no effect: ${fields.join(', ')}.`];
}

const REQUEST_LISTENERS = 'a listener of protocol HTTP or HTTPS';
const CARRIERS: Readonly<Record<string, string>> = {
  HTTPRoute: REQUEST_LISTENERS,
  GRPCRoute: REQUEST_LISTENERS,
  TLSRoute: 'a listener of protocol TLS',
  TCPRoute: 'a listener of protocol TCP, or of TLS with mode Terminate',
  UDPRoute: 'a listener of protocol UDP',
};

/** Names only listeners that could carry it: nothing that is allowed to the others would help. */
function notAllowed({ kind, namespace, owner, candidates }: RouteParent, unknown: string | undefined): string {
  const able = candidates.filter(({ unfit }) => unfit !== true).map(({ listener }) => listenerText(listener));
  if (able.length === 0) {
    const meant = candidates.map(({ listener }) => listenerText(listener)).join(', ');
    return `No listener of ${ownerName(owner)} that parentRefs names can carry ${kind}s, whatever it allows: ${meant}. They need ${CARRIERS[kind] ?? 'another listener'}; add one, or change parentRefs.`;
  }
  const labels = unknown === undefined ? '' : ` A selector cannot see the labels of that namespace: ${unknown}.`;
  return `No listener of ${ownerName(owner)} admits ${kind}s of namespace ${namespace}; extend allowedRoutes of ${able.join(' or ')}, or mend what its status says.${labels}`;
}

/** The specification has no reason for it; it is called as between listeners. */
function conflictText(kind: string, { listener, host, rival }: KindConflict): string {
  const { kind: rivalKind, object } = splitRouteKey(rival);
  return `${rivalKind} ${object} comes before this ${kind} and serves hosts of ${host} on listener ${listenerText(listener)}, which routes of both kinds cannot share; change the hostnames of one of them, or attach it to another listener.`;
}

/** The specification asks for the words "Dropped Rule" at the start. */
const partlyInvalid = (parent: RouteParent, refused: readonly RouteRule[], problems: readonly Problem[]): string =>
  `Dropped Rule(s) ${refused.map((rule) => rule.ordinal).join(', ')}; requests that match them get ${errorOf(parent)}: ${problems
    .filter((problem) => problem.type === 'Accepted')
    .map((problem) => problem.message)
    .join(' ')}`;

/** As `envoy/route-backends.ts` answers where nothing may be forwarded. */
const errorOf = ({ kind }: RouteParent): string => (requestProtocol(kind) === 'grpc' ? 'UNAVAILABLE' : 'a 500');

/** Only while something is wrong between here and the proxies. */
function deliveryConditions(refusals: readonly string[], bug: Fault | undefined, parent: RouteParent): readonly Draft[] {
  if (bug !== undefined) {
    const instead = bug.kept ? 'its last good configuration goes on' : `its requests get ${errorOf(parent)}`;
    return [fails('Programmed', 'InternalError', `Gatehouse failed to translate the route, so ${instead}; please report: ${bug.message}.`)];
  }
  if (refusals.length === 0) return [];
  return [
    fails('Programmed', 'Invalid', `Envoy refused a part of the route, which does not serve until it is changed: ${refusals.join('; ')}.`),
  ];
}

/** Every derivation that works on a route alone, those whose faults come first in the status first; a new one belongs here, or its bugs go untold. */
const TOLD: readonly { readonly derivation: string; readonly routeOf: (input: string) => string }[] = [
  { derivation: 'routeParents', routeOf: (input) => input },
  { derivation: 'routeRules', routeOf: (input) => input },
  { derivation: 'routeEntries', routeOf: before },
  { derivation: 'streamClaims', routeOf: before },
  { derivation: 'streamFilters', routeOf: after },
  { derivation: 'servingChains', routeOf: after },
];

/** Keys are made of a route and a listener, or the other way round. */
function before(input: string): string {
  return input.slice(0, Math.max(input.indexOf('|'), 0));
}
function after(input: string): string {
  return input.slice(input.indexOf('|') + 1);
}

const placeOf = (fault: Fault): number => TOLD.findIndex(({ derivation }) => derivation === fault.derivation);

const routeOfFault = (fault: Fault): readonly string[] => {
  const told = TOLD[placeOf(fault)];
  return told === undefined ? [] : [told.routeOf(fault.input)];
};
