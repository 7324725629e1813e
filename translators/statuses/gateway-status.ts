import { isNamed } from '../gateway-api/addresses/named-addresses.ts';
import { isClusterOnly } from '../gateway-api/addresses/requested-addresses.ts';
import type { FleetIdentity } from '../gateway-api/certificates/fleet-identity.ts';
import { gatewayListenersOf, type OwnedGateway } from '../gateway-api/owned-gateways.ts';
import type { Collection } from '../graph/collection.ts';
import type { Graph } from '../graph/graph.ts';
import type { FleetObservation } from '../inputs.ts';
import { addressesAssigned, waitingFor } from './addresses-assigned.ts';
import { type ConditionNode, conditionOf, type Draft, fails, holds, stamped } from './condition.ts';
import { deliveryOf, type FleetDelivery, unknownOf } from './delivery.ts';
import { invalidNames, type JudgedListener, type ListenerStatus, listenerStatus } from './listener-status.ts';

interface GatewayAddress {
  readonly type: string;
  readonly value: string;
  readonly routability?: 'Cluster';
}

export interface GatewayStatus {
  /** Absent as long as they are not known for certain. */
  readonly addresses?: readonly GatewayAddress[];
  /** Absent where it takes none. */
  readonly attachedListenerSets?: number;
  readonly conditions: readonly ConditionNode[];
  readonly listeners: readonly ListenerStatus[];
}

export interface GatewaySources {
  readonly judged: Collection<JudgedListener>;
  readonly deliveries: Collection<FleetDelivery>;
  readonly identities: Collection<FleetIdentity>;
  readonly observations: Collection<FleetObservation>;
  /** By Gateway. */
  readonly attachedSets: Collection<number>;
}

/** The API's limit. */
const MAX_ADDRESSES = 16;
const IP = /^([0-9.]+|[0-9a-fA-F:]*:[0-9a-fA-F:.]*)$/;

/** Keyed by Gateway. */
export function gatewayStatuses(graph: Graph, gateways: Collection<OwnedGateway>, sources: GatewaySources): Collection<GatewayStatus> {
  return graph.derive('gatewayStatuses', gateways, function* (gateway, fetch, key) {
    const observation = fetch.one(sources.observations, gateway.fleet);
    const judged = gatewayListenersOf(gateway).flatMap((name) => fetch.one(sources.judged, name) ?? []);
    const attachedSets = fetch.one(sources.attachedSets, key) ?? 0;
    const standing = { judged, attachedSets, observation, delivery: deliveryOf(fetch.one(sources.deliveries, gateway.fleet)) };
    const addresses = (observation?.addresses ?? []).slice(0, MAX_ADDRESSES);
    const delivered = programmed(gateway, standing);
    const isKnown = delivered.provisional !== true;
    yield [
      key,
      {
        ...(isKnown ? { addresses: addresses.map((value) => addressOf(value, isClusterOnly(gateway.spec))) } : {}),
        ...(gateway.spec.allowedListeners === undefined ? {} : { attachedListenerSets: attachedSets }),
        conditions: stamped(
          [
            accepted(gateway, standing),
            delivered,
            resolvedRefs(fetch.one(sources.identities, gateway.fleet), judged),
            ...insecureValidation(gateway),
            ...(isKnown ? addressesAssigned(gateway, observation) : []),
          ],
          gateway.generation,
        ),
        listeners: judged.map((listener) => listenerStatus(listener, gateway.generation)),
      },
    ];
  });
}

const addressOf = (value: string, clusterOnly: boolean): GatewayAddress => ({
  type: IP.test(value) ? 'IPAddress' : 'Hostname',
  value,
  ...(clusterOnly ? { routability: 'Cluster' } : {}),
});

interface Standing {
  /** Its own listeners. */
  readonly judged: readonly JudgedListener[];
  /** Each of them has a listener that is fit for traffic. */
  readonly attachedSets: number;
  readonly observation: FleetObservation | undefined;
  readonly delivery: Draft | undefined;
}

const isAccepted = ({ conditions }: JudgedListener): boolean =>
  conditions.some(({ type, status }) => type === 'Accepted' && status === 'True');

/** Accepted stays true while one listener is (contract D.9), be it one of a ListenerSet. */
function accepted(gateway: OwnedGateway, { judged, attachedSets }: Standing): Draft {
  if (gateway.problem !== undefined) return fails('Accepted', gateway.problem.reason, gateway.problem.message);
  const invalid = invalidNames(judged);
  if (invalid.length === 0) return holds('Accepted', 'Accepted', 'The Gateway has been scheduled by Gatehouse.');
  const message = `These listeners are not valid: ${invalid.join(', ')}; their own conditions say why.`;
  return invalid.length < judged.length || judged.some(isAccepted) || attachedSets > 0
    ? holds('Accepted', 'ListenersNotValid', message)
    : fails('Accepted', 'ListenersNotValid', message);
}

/** The Gateway's own references, and a summary of its listeners' (GatewayConditionResolvedRefs). */
function resolvedRefs(identity: FleetIdentity | undefined, listeners: readonly JudgedListener[]): Draft {
  const unresolved = listeners.filter(({ conditions }) =>
    conditions.some(({ type, status }) => type === 'ResolvedRefs' && status === 'False'),
  );
  const names = unresolved.map(({ name }) => name).join(', ');
  const fine = holds('ResolvedRefs', 'ResolvedRefs', 'Resolved all the object references of the Gateway.');
  return conditionOf(
    'ResolvedRefs',
    identity?.problems ?? [],
    unresolved.length === 0
      ? fine
      : fails(
          'ResolvedRefs',
          'ListenersNotResolved',
          `References of these listeners are not resolved: ${names}; their own conditions say why.`,
        ),
  );
}

/** A warning, and never said to be False (GatewayConditionInsecureFrontendValidationMode). */
function insecureValidation({ spec: { tls } }: OwnedGateway): readonly Draft[] {
  const { frontend } = tls ?? {};
  const all = frontend === undefined ? [] : [frontend.default, ...(frontend.perPort ?? []).map((each) => each.tls)];
  if (!all.some(({ validation }) => validation?.mode === 'AllowInsecureFallback')) return [];
  return [
    holds(
      'InsecureFrontendValidationMode',
      'ConfigurationChanged',
      'Field spec.tls.frontend: mode AllowInsecureFallback lets clients in without a valid certificate; use AllowValidOnly where the certificate is to protect something.',
    ),
  ];
}

const STANDSTILL = 'The Gateway is not accepted, so its proxies are neither made nor changed; those that run already go on to serve it.';

function programmed(gateway: OwnedGateway, { judged, attachedSets, observation, delivery }: Standing): Draft {
  if (gateway.refusal !== undefined) return fails('Programmed', 'Invalid', 'The Gateway is not accepted, so nothing of it is programmed.');
  if (gateway.standstill !== undefined) return fails('Programmed', 'Invalid', STANDSTILL);
  if (attachedSets === 0 && !judged.some(({ serves }) => serves)) {
    return fails('Programmed', 'Invalid', 'The Gateway has no valid listener.');
  }
  const obstacle = (delivery && namingEntries(gateway, delivery)) ?? addressNotUsable(gateway, observation);
  if (obstacle !== undefined) return obstacle;
  const { proxies = 0, ready = 0, addresses = [] } = observation ?? {};
  const cut =
    addresses.length > MAX_ADDRESSES ? ` It has ${addresses.length} addresses, of which the first ${MAX_ADDRESSES} are shown.` : '';
  const unknown = observation?.silent === undefined ? '' : ` ${unknownOf(observation.silent)}`;
  return holds(
    'Programmed',
    'Programmed',
    `Address assigned to the Gateway, ${ready}/${proxies} envoy replicas available.${cut}${unknown}`,
  );
}

/** Whoever asked by name is told which entries are waited for. */
function namingEntries({ spec: { addresses = [] } }: OwnedGateway, delivery: Draft): Draft {
  if (delivery.reason !== 'AddressNotAssigned' || !addresses.some(isNamed)) return delivery;
  return fails('Programmed', 'AddressNotAssigned', `No addresses have been assigned to the Gateway: ${waitingFor(addresses)}.`);
}

/** What its author asked for is not what it got (contract D.9). */
function addressNotUsable({ spec }: OwnedGateway, observation: FleetObservation | undefined): Draft | undefined {
  const assigned = observation?.addresses;
  const wanted = (spec.addresses ?? []).flatMap((address) => (isNamed(address) || !address.value ? [] : [address.value]));
  const missing = assigned === undefined ? [] : wanted.filter((address) => !assigned.includes(address));
  if (missing.length === 0) return undefined;
  return fails(
    'Programmed',
    'AddressNotUsable',
    `Field spec.addresses: ${missing.join(', ')} cannot be used, the infrastructure has assigned ${assigned?.join(', ')}; ask for one of those or leave the choice to it.`,
  );
}
