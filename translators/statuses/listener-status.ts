import type { FleetIdentity } from '../gateway-api/certificates/fleet-identity.ts';
import type { ClientValidation } from '../gateway-api/listeners/client-validation.ts';
import type { HostOwner } from '../gateway-api/listeners/host-ownership.ts';
import type { ListenerCertificates } from '../gateway-api/listeners/listener-certificates.ts';
import type { PortVerdict } from '../gateway-api/listeners/listener-conflicts.ts';
import type { ListenerFilters } from '../gateway-api/listeners/listener-filters.ts';
import type { GatewayListener, RouteKind } from '../gateway-api/listeners/listeners.ts';
import type { TlsOverlap } from '../gateway-api/listeners/overlapping-tls.ts';
import type { ServingListener } from '../gateway-api/listeners/serving-listeners.ts';
import type { Collection, Fetch } from '../graph/collection.ts';
import type { Graph } from '../graph/graph.ts';
import type { Problem } from '../ir/problem.ts';
import { type ConditionNode, conditionOf, type Draft, fails, holds, stamped } from './condition.ts';
import { deliveryOf, type FleetDelivery, refusal } from './delivery.ts';

export interface ListenerStatus {
  readonly name: string;
  readonly supportedKinds: readonly RouteKind[];
  readonly attachedRoutes: number;
  readonly conditions: readonly ConditionNode[];
}

/** What a listener's status is made from. */
export interface ListenerSources {
  readonly listeners: Collection<GatewayListener>;
  readonly conflicts: Collection<PortVerdict>;
  readonly certificates: Collection<ListenerCertificates>;
  readonly validations: Collection<ClientValidation>;
  readonly filters: Collection<ListenerFilters>;
  readonly overlaps: Collection<TlsOverlap>;
  readonly owners: Collection<HostOwner>;
  readonly serving: Collection<ServingListener>;
  readonly identities: Collection<FleetIdentity>;
  readonly attachedRouteCounts: Collection<number>;
  readonly deliveries: Collection<FleetDelivery>;
}

/** A listener's standing, as a Gateway or a ListenerSet is told of it. */
export interface JudgedListener extends Omit<ListenerStatus, 'conditions'> {
  /** Fit for traffic, whether or not a proxy has it yet. */
  readonly serves: boolean;
  /** Envoy refuses what its port is made of. */
  readonly refused: Draft | undefined;
  readonly conditions: readonly Draft[];
}

/** Keyed by listener. */
export function judgedListeners(graph: Graph, sources: ListenerSources): Collection<JudgedListener> {
  return graph.derive('judgedListeners', sources.listeners, function* (listener, fetch, key) {
    const filters = listener.filters.length === 0 ? undefined : fetch.one(sources.filters, key);
    const isShut = filters !== undefined && filters.gate === undefined;
    const serves = !isShut && fetch.one(sources.serving, key) !== undefined;
    const delivery = fetch.one(sources.deliveries, listener.fleet);
    const refused = delivery?.refused.filter((each) => concerns(each, listener, sources, fetch)) ?? [];
    yield [
      key,
      {
        name: listener.name,
        supportedKinds: listener.supportedKinds,
        attachedRoutes: fetch.one(sources.attachedRouteCounts, key) ?? 0,
        serves,
        refused: refusal(refused),
        conditions: conditionsOf(listener, { sources, fetch, serves, filters, delivery: deliveryOf(delivery, refused) }),
      },
    ];
  });
}

/** With the generation of the object that has it in its list. */
export const listenerStatus = (judged: JudgedListener, generation: number | undefined): ListenerStatus => ({
  name: judged.name,
  supportedKinds: judged.supportedKinds,
  attachedRoutes: judged.attachedRoutes,
  conditions: stamped(judged.conditions, generation),
});

/** The names of those that are not fit for traffic. */
export const invalidNames = (judged: readonly JudgedListener[]): readonly string[] =>
  judged.filter(({ serves }) => !serves).map(({ name }) => name);

/** Not the refusals of listeners on other ports. An Envoy listener is named after one of the listeners of its port. */
const concerns = (
  refused: FleetDelivery['refused'][number],
  { port }: GatewayListener,
  { listeners }: ListenerSources,
  fetch: Fetch,
): boolean => refused.type !== 'listener' || (fetch.one(listeners, refused.name)?.port ?? port) === port;

interface Standing {
  readonly sources: ListenerSources;
  readonly fetch: Fetch;
  readonly serves: boolean;
  readonly filters: ListenerFilters | undefined;
  /** What the proxies make of it: nothing to say, or why it is not programmed. */
  readonly delivery: Draft | undefined;
}

function conditionsOf(listener: GatewayListener, { sources, fetch, serves, filters, delivery }: Standing): readonly Draft[] {
  const conflict = fetch.one(sources.conflicts, listener.key)?.conflict;
  const certificates = fetch.one(sources.certificates, listener.key);
  const validation = fetch.one(sources.validations, listener.key);
  const of = [certificates, validation, filters];
  const problems = [...listener.problems, ...of.flatMap((each) => each?.problems ?? [])];
  const accepted = conditionOf('Accepted', problems, holds('Accepted', 'Accepted', 'Listener has been accepted.'));
  return [
    conflict === undefined ? accepted : fails('Accepted', conflict.reason, conflict.message),
    serves ? programmed(delivery) : withoutTraffic(listener, conflict, whyShut(filters, fetch.one(sources.owners, listener.key))),
    conditionOf('ResolvedRefs', problems, holds('ResolvedRefs', 'ResolvedRefs', 'All references of the listener are resolved.')),
    conflict === undefined
      ? fails('Conflicted', 'NoConflicts', 'No other listener claims its port and hostname.')
      : holds('Conflicted', conflict.reason, conflict.message),
    ...overlapping(fetch.one(sources.overlaps, listener.key), listener),
  ];
}

const ANSWERED = 'a request on a connection that was made for another listener gets a 421, and HTTP/2 stays on.';
const UNREAD = 'its own connections are passed on unread, with all requests in them; give one of them another port, or other hosts.';

/** A warning, and never said to be False (ListenerConditionOverlappingTLSConfig). */
function overlapping(overlap: TlsOverlap | undefined, { protocol }: GatewayListener): readonly Draft[] {
  if (overlap === undefined) return [];
  const [what, whose] = overlap.reason === 'OverlappingHostnames' ? ['hostname', 'that'] : ['certificate', 'hosts'];
  const others = `listener${overlap.others.length === 1 ? '' : 's'} ${overlap.others.join(', ')}`;
  return [
    holds(
      'OverlappingTLSConfig',
      overlap.reason,
      `Its ${what} meets ${whose} of ${others}, so that clients may use one connection for both; ${protocol === 'HTTPS' ? ANSWERED : UNREAD}`,
    ),
  ];
}

const programmed = (delivery: Draft | undefined): Draft =>
  delivery === undefined ? holds('Programmed', 'Programmed', 'Listener is programmed.') : { ...delivery, type: 'Programmed' };

/** A conflict is the reason in a ListenerSet (conformance, ListenerSetHostnameConflict), and Invalid in a Gateway (contract D.9). */
const withoutTraffic = ({ rank }: GatewayListener, conflict: Problem | undefined, why: string): Draft =>
  fails('Programmed', rank.set !== undefined && conflict !== undefined ? conflict.reason : 'Invalid', why);

function whyShut(filters: ListenerFilters | undefined, owner: HostOwner | undefined): string {
  if (owner === undefined) return 'Listener takes no traffic; its other conditions or those of the Gateway say why.';
  return filters?.gate === undefined && filters !== undefined
    ? 'All requests of the listener get a 500, because its filters must not be skipped; its other conditions say why.'
    : 'Listener takes no traffic, and no other listener takes it in its place; its other conditions say why.';
}
