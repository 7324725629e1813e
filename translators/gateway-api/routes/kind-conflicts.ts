import type { Collection, Fetch, First } from '../../graph/collection.ts';
import type { Graph } from '../../graph/graph.ts';
import { splitRouteKey } from '../../ir/route-key.ts';
import { compareAge, compareText } from '../age.ts';
import { EVERY_HOST, envoyDomain, listenerHostTerms, routeHostTerms } from '../hostname.ts';
import type { Attachment } from './route-attachment.ts';

/**
 * HTTPRoutes and GRPCRoutes share no hosts of a listener: of two that meet exactly one is accepted, the older one, then by namespace/name (GRPCRouteSpec,
 * `hostnames`). Who is not accepted stands in nobody's way, so that the question goes from the oldest route down. A collection cannot be made from
 * itself: it is asked a few times instead, among the few that meet routes of the other kind at all.
 */
const ROUNDS = 3;

const RIVALS: ReadonlyMap<string, string> = new Map([
  ['HTTPRoute', 'GRPCRoute'],
  ['GRPCRoute', 'HTTPRoute'],
]);

/** A route that a listener does not take, because the other kind has one of its hosts. */
export interface KindConflict {
  readonly route: string;
  readonly listener: string;
  /** As in an Envoy domain. */
  readonly host: string;
  /** The route that has it. */
  readonly rival: string;
}

/** A route at a listener, however many parentRefs lead there. */
type Claim = First<Attachment>;
type Claims = Collection<Claim>;

/** Keyed `<route>|<listener>`: without conflicts it is empty, and costs a route nothing but the question. */
export function kindConflicts(graph: Graph, attached: Claims): Collection<KindConflict> {
  const meeting = meetingClaims(graph, attached);
  let standing = meeting;
  let accepted = meeting;
  for (let round = 1; round <= ROUNDS; round++) {
    // Nobody who is older and may still be accepted: that is certain. Whoever meets one that is certain is out.
    accepted = unbeaten(graph, `acceptedOfMeeting${round}`, standing, oldestByTerm(graph, `standingOfMeeting${round}`, standing));
    if (round === ROUNDS) break;
    standing = unbeaten(graph, `notRefused${round}`, meeting, oldestByTerm(graph, `certainOfMeeting${round}`, accepted));
  }
  const rivals = [oldestByTerm(graph, 'acceptedRivals', accepted), oldestByTerm(graph, 'meetingRivals', meeting)];
  return graph.derive('kindConflicts', meeting, function* (claim, fetch, key) {
    if (fetch.one(accepted, key) !== undefined) return;
    const found = rivals.map((each) => olderRival(claim, each, fetch)).find((each) => each !== undefined);
    if (found !== undefined)
      yield [key, { route: claim.winner.route, listener: claim.winner.listener, host: envoyDomain(found.host), rival: found.rival.route }];
  });
}

/** What is attached and not in conflict; keyed likewise. */
export const withoutConflicts = (graph: Graph, attached: Claims, conflicts: Collection<KindConflict>): Claims =>
  graph.without('servedAttachments', attached, conflicts);

/** Those with a host that also a route of the other kind means, older or younger. What is asked of all routes is asked host by host. */
function meetingClaims(graph: Graph, attached: Claims): Claims {
  const perHost = graph.first('hostsOfKinds', attached, { by: ({ winner }) => slotsOf(winner), orderBy: older });
  const oldest = graph.first('oldestOfKinds', perHost, {
    by: ({ key }) => {
      const { place, host } = splitSlot(key);
      return termsOf(host).map((term) => `${place}|${term}`);
    },
    orderBy: (a, b) => older(a.winner, b.winner),
  });
  const meetings = graph.derive('hostsOfBothKinds', perHost, function* ({ key, winner: { winner } }, fetch) {
    const terms = lookupsOf(splitSlot(key).host).map((term) => `${rivalPlace(winner)}|${term}`);
    if (terms.some((term) => fetch.one(oldest, term) !== undefined)) yield [key, true as const];
  });
  return graph.derive(
    'meetingClaims',
    attached,
    function* (claim, fetch, key) {
      if (slotsOf(claim.winner).some((slot) => fetch.one(meetings, slot) !== undefined)) yield [key, claim];
    },
    { equals: Object.is },
  );
}

/** Keyed `<listener>|<kind>|<term>`. */
const oldestByTerm = (graph: Graph, name: string, claims: Claims): Collection<First<Claim>> =>
  graph.first(name, claims, {
    by: ({ winner }) => [...new Set(winner.hosts.flatMap(termsOf))].map((term) => `${placeOf(winner)}|${term}`),
    orderBy: older,
  });

const unbeaten = (graph: Graph, name: string, claims: Claims, rivals: Collection<First<Claim>>): Claims =>
  graph.derive(
    name,
    claims,
    function* (claim, fetch, key) {
      if (olderRival(claim, rivals, fetch) === undefined) yield [key, claim];
    },
    { equals: Object.is },
  );

interface Found {
  readonly host: string;
  readonly rival: Attachment;
}

function olderRival(claim: Claim, rivals: Collection<First<Claim>>, fetch: Fetch): Found | undefined {
  for (const host of claim.winner.hosts) {
    for (const term of lookupsOf(host)) {
      const found = fetch.one(rivals, `${rivalPlace(claim.winner)}|${term}`)?.winner;
      if (found !== undefined && older(found, claim) < 0) return { host, rival: found.winner };
    }
  }
  return undefined;
}

/** Two of one age and name are of two kinds. */
const older = (a: Claim, b: Claim): number => compareAge(a.winner.age, b.winner.age) || compareText(a.winner.route, b.winner.route);

const kindOf = ({ route }: Attachment): string => splitRouteKey(route).kind;
const placeOf = (attachment: Attachment): string => `${attachment.listener}|${kindOf(attachment)}`;
const rivalPlace = (attachment: Attachment): string => `${attachment.listener}|${RIVALS.get(kindOf(attachment))}`;

/** Kinds without a rival have none. */
const slotsOf = (attachment: Attachment): readonly string[] =>
  RIVALS.has(kindOf(attachment)) ? attachment.hosts.map((host) => `${placeOf(attachment)}|${host}`) : [];

function splitSlot(slot: string): { readonly place: string; readonly host: string } {
  const at = slot.lastIndexOf('|');
  return { place: slot.slice(0, at), host: slot.slice(at + 1) };
}

/** The words that a host is filed under, and those to look up for it: together they find every host that means a request that it means too. */
const termsOf = (host: string): readonly string[] => [...listenerHostTerms(host), 'all'];
const lookupsOf = (host: string): readonly string[] => (host === EVERY_HOST ? ['all'] : routeHostTerms(host));
