import type { Gateway } from '../../../crds/gateway-api/gateway.ts';
import type { ListenerFilterSpec } from '../../features/resolve-listener-filters.ts';
import type { Collection } from '../../graph/collection.ts';
import type { Graph } from '../../graph/graph.ts';
import type { ObjectRef } from '../../ir/object-ref.ts';
import type { Problem } from '../../ir/problem.ts';
import type { Age } from '../age.ts';
import { EVERY_HOST } from '../hostname.ts';
import type { OwnedGateway } from '../owned-gateways.ts';
import { type ClientTls, clientTlsOf } from './client-validation.ts';
import type { ListenerRank } from './listener-rank.ts';

type ListenerSpec = Gateway['spec']['listeners'][number];

export interface RouteKind {
  readonly group: string;
  readonly kind: string;
}

/** One listener of a Gateway or of a ListenerSet, as its author wrote it. Says nothing of certificates or neighbours, so that those change without it. */
export interface GatewayListener {
  /** `<ns>/<gateway>/<listener>`, or `<ns>/<gateway>/<ns>/<listener set>/<listener>`: its name in the contract (D.5). */
  readonly key: string;
  /** Whose proxies serve it. */
  readonly gateway: string;
  /** In whose list it is: `<Kind>/<ns>/<name>`. */
  readonly owner: string;
  readonly fleet: string;
  /** Its owner's. */
  readonly namespace: string;
  readonly name: string;
  readonly rank: ListenerRank;
  readonly port: number;
  readonly protocol: string;
  /** Lower case; empty: every host. */
  readonly hostname: string;
  readonly tls: ListenerSpec['tls'];
  /** HTTPS: what clients have to prove. */
  readonly clientTls: ClientTls | undefined;
  readonly allowedNamespaces: NonNullable<NonNullable<ListenerSpec['allowedRoutes']>['namespaces']>;
  readonly supportedKinds: readonly RouteKind[];
  /** What its requests pass before a route is chosen. */
  readonly filters: readonly ListenerFilterSpec[];
  readonly problems: readonly Problem[];
  readonly ref: ObjectRef;
}

/** Who has listeners: a Gateway, or a ListenerSet that is attached to one. */
export interface ListenerOwner {
  readonly gateway: string;
  readonly fleet: string;
  readonly gatewayAge: Age;
  /** Of a ListenerSet. */
  readonly setAge: Age | undefined;
  /** The Gateway's: what it asks of clients goes for all of its listeners (GEP-91). */
  readonly tls: Gateway['spec']['tls'];
  /** Set: nothing of the Gateway is programmed. */
  readonly refusal: Problem | undefined;
  readonly ref: ObjectRef;
}

const NO_FILTERS: readonly ListenerFilterSpec[] = [];
const GATEWAY_API = 'gateway.networking.k8s.io';

const REQUESTS: readonly RouteKind[] = [
  { group: GATEWAY_API, kind: 'HTTPRoute' },
  { group: GATEWAY_API, kind: 'GRPCRoute' },
];

/** Which routes a protocol can carry; a protocol that is not here is not supported. */
const KINDS_OF_PROTOCOL: Readonly<Record<string, readonly RouteKind[]>> = {
  HTTP: REQUESTS,
  HTTPS: REQUESTS,
  TLS: [
    { group: GATEWAY_API, kind: 'TLSRoute' },
    { group: GATEWAY_API, kind: 'TCPRoute' },
  ],
  TCP: [{ group: GATEWAY_API, kind: 'TCPRoute' }],
  UDP: [{ group: GATEWAY_API, kind: 'UDPRoute' }],
};

/** What is inside is nobody's business here, so that only the server name tells where it goes. */
const PASSED_THROUGH: readonly RouteKind[] = [{ group: GATEWAY_API, kind: 'TLSRoute' }];

/** What a listener could carry if its `allowedRoutes` admitted it; undefined: its protocol is not supported. */
const carriedBy = (listener: TlsChoice): readonly RouteKind[] | undefined =>
  passesThrough(listener) ? PASSED_THROUGH : KINDS_OF_PROTOCOL[listener.protocol];

/** Whether allowedRoutes is all that may keep routes of a kind away. */
export const canCarry = (listener: TlsChoice, kind: string): boolean => carriedBy(listener)?.some((each) => each.kind === kind) ?? false;

/** What of a listener says how TLS is treated. */
type TlsChoice = Pick<GatewayListener, 'protocol'> & { readonly tls?: ListenerSpec['tls'] | undefined };

export const passesThrough = ({ protocol, tls }: TlsChoice): boolean => protocol === 'TLS' && tls?.mode === 'Passthrough';

/** Whether it serves with certificates of its own. */
export const terminatesTls = (listener: TlsChoice): boolean =>
  listener.protocol === 'HTTPS' || (listener.protocol === 'TLS' && !passesThrough(listener));

export function gatewayListeners(graph: Graph, gateways: Collection<OwnedGateway>): Collection<GatewayListener> {
  return graph.derive('gatewayListeners', gateways, (gateway) =>
    listenersOf(
      { ...gateway, gateway: gateway.key, gatewayAge: gateway.age, setAge: undefined, tls: gateway.spec.tls },
      gateway.spec.listeners,
    ),
  );
}

export function* listenersOf(owner: ListenerOwner, specs: readonly ListenerSpec[]): Iterable<readonly [string, GatewayListener]> {
  for (const [ordinal, spec] of specs.entries()) {
    const listener = listenerOf(owner, spec, ordinal);
    yield [listener.key, listener];
  }
}

function listenerOf(
  { gateway, fleet, gatewayAge, setAge, tls, refusal, ref }: ListenerOwner,
  spec: ListenerSpec,
  ordinal: number,
): GatewayListener {
  const { supportedKinds, problems } = admittedKinds(spec);
  return {
    key: listenerKey(gateway, setAge?.key, spec.name),
    gateway,
    owner: ownerKey(ref.kind, `${ref.namespace}/${ref.name}`),
    fleet,
    namespace: ref.namespace,
    name: spec.name,
    rank: { gateway: gatewayAge, set: setAge, ordinal },
    port: spec.port,
    protocol: spec.protocol,
    hostname: spec.hostname?.toLowerCase() ?? EVERY_HOST,
    tls: spec.tls,
    clientTls: spec.protocol === 'HTTPS' ? clientTlsOf(tls, spec.port) : undefined,
    allowedNamespaces: spec.allowedRoutes?.namespaces ?? { from: 'Same' },
    supportedKinds,
    filters: spec.filters?.requests ?? NO_FILTERS,
    problems: [...problems, ...gatewayProblem(gateway, refusal)],
    ref: { ...ref, sectionName: spec.name },
  };
}

/** @param set the ListenerSet's key, where the listener is one of a ListenerSet */
export const listenerKey = (gateway: string, set: string | undefined, name: string): string =>
  set === undefined ? `${gateway}/${name}` : `${gateway}/${set}/${name}`;

/** A listener in messages: `<gateway>/<name>`, and of a ListenerSet without its Gateway: `<set>/<name> (ListenerSet)`. */
export function listenerText(key: string): string {
  const [, , ...own] = key.split('/');
  return own.length === 1 ? key : `${own.join('/')} (ListenerSet)`;
}

/** `<Kind>/<ns>/<name>` of who has listeners; a Gateway and a ListenerSet may have one name. */
export const ownerKey = (kind: string, key: string): string => `${kind}/${key}`;

/** `Gateway <ns>/<name>` */
export const ownerName = (owner: string): string => owner.replace('/', ' ');

const gatewayProblem = (gateway: string, refusal: Problem | undefined): readonly Problem[] =>
  refusal === undefined
    ? []
    : [{ type: 'Programmed', reason: 'Invalid', message: `Gateway ${gateway} is not accepted: ${refusal.message}` }];

function admittedKinds(spec: ListenerSpec): Pick<GatewayListener, 'supportedKinds' | 'problems'> {
  const carried = carriedBy(spec);
  if (carried === undefined) return { supportedKinds: [], problems: [unsupportedProtocol(spec)] };
  const wanted = spec.allowedRoutes?.kinds ?? [];
  if (wanted.length === 0) return { supportedKinds: carried, problems: [] };
  const carries = (kind: (typeof wanted)[number]): boolean =>
    carried.some((each) => each.kind === kind.kind && each.group === (kind.group ?? GATEWAY_API));
  const refused = wanted.filter((kind) => !carries(kind)).map(kindText);
  return {
    supportedKinds: wanted.filter(carries).map((kind) => ({ group: kind.group ?? GATEWAY_API, kind: kind.kind })),
    problems: refused.length === 0 ? [] : [invalidKinds(spec, refused, carried)],
  };
}

const kindText = ({ group = GATEWAY_API, kind }: { readonly group?: string; readonly kind: string }): string =>
  group === GATEWAY_API ? kind : `${kind} of group ${JSON.stringify(group)}`;

const unsupportedProtocol = (spec: ListenerSpec): Problem => ({
  type: 'Accepted',
  reason: 'UnsupportedProtocol',
  message: `Listener ${spec.name}: protocol ${spec.protocol} is not supported; use ${Object.keys(KINDS_OF_PROTOCOL).join(', ')}.`,
});

const invalidKinds = (spec: ListenerSpec, refused: readonly string[], carried: readonly RouteKind[]): Problem => ({
  type: 'ResolvedRefs',
  reason: 'InvalidRouteKinds',
  message: `Listener ${spec.name}: allowedRoutes.kinds names ${refused.join(', ')}, which a listener of protocol ${spec.protocol}${passesThrough(spec) ? ' with mode Passthrough' : ''} cannot carry; it carries ${carried.map((kind) => kind.kind).join(', ')}.`,
});
