import type { FleetIdentity } from '../gateway-api/fleet-identity.ts';
import type { GatewayListener } from '../gateway-api/listeners.ts';
import { gatewayListenersOf, type OwnedGateway } from '../gateway-api/owned-gateways.ts';
import type { Collection } from '../graph/collection.ts';
import type { Graph } from '../graph/graph.ts';
import type { FleetObservation } from '../inputs.ts';
import { type ConditionNode, conditionOf, type Draft, fails, holds, stamped } from './condition.ts';
import { type ListenerSources, type ListenerStatus, listenerStatus } from './listener-status.ts';

export interface GatewayStatus {
  readonly addresses: readonly { readonly type: string; readonly value: string }[];
  readonly conditions: readonly ConditionNode[];
  readonly listeners: readonly ListenerStatus[];
}

/** The API's limit. */
const MAX_ADDRESSES = 16;
const IP = /^([0-9.]+|[0-9a-fA-F:]*:[0-9a-fA-F:.]*)$/;

/** Keyed by Gateway. */
export function gatewayStatuses(
  graph: Graph,
  gateways: Collection<OwnedGateway>,
  sources: ListenerSources,
  observations: Collection<FleetObservation>,
): Collection<GatewayStatus> {
  return graph.derive('gatewayStatuses', gateways, function* (gateway, fetch, key) {
    const observation = fetch.one(observations, gateway.fleet);
    const judged = gatewayListenersOf(gateway).flatMap((name): readonly Judged[] => {
      const listener = fetch.one(sources.listeners, name);
      if (listener === undefined) return [];
      const delivery = deliveryOf(observation && concerning(listener, observation, (other) => fetch.one(sources.listeners, other)));
      const serves = fetch.one(sources.serving, name) !== undefined;
      return [{ serves, status: listenerStatus(sources, fetch, listener, { generation: gateway.generation, delivery }) }];
    });
    const identity = fetch.one(sources.identities, gateway.fleet);
    const listeners = judged.map(({ status }) => status);
    const addresses = (observation?.addresses ?? []).slice(0, MAX_ADDRESSES);
    yield [
      key,
      {
        addresses: addresses.map((value) => ({ type: IP.test(value) ? 'IPAddress' : 'Hostname', value })),
        conditions: stamped(
          [
            accepted(gateway, judged),
            programmed(gateway, judged, observation),
            resolvedRefs(identity, listeners),
            ...insecureValidation(gateway),
          ],
          gateway.generation,
        ),
        listeners,
      },
    ];
  });
}

const isTrue = (listener: ListenerStatus, type: string): boolean =>
  listener.conditions.some((condition) => condition.type === type && condition.status === 'True');

interface Judged {
  readonly status: ListenerStatus;
  /** Fit for traffic, whether or not a proxy has it yet. */
  readonly serves: boolean;
}

/** What was observed, without the refusals of listeners on other ports. An Envoy listener is named after one of the listeners of its port. */
const concerning = (
  { port }: GatewayListener,
  observation: FleetObservation,
  listenerOf: (name: string) => GatewayListener | undefined,
): FleetObservation => ({
  ...observation,
  refused: observation.refused.filter(({ type, name }) => type !== 'listener' || (listenerOf(name)?.port ?? port) === port),
});

/** Accepted stays true while one listener is (contract D.9). */
function accepted(gateway: OwnedGateway, listeners: readonly Judged[]): Draft {
  if (gateway.problem !== undefined) return fails('Accepted', gateway.problem.reason, gateway.problem.message);
  const invalid = listeners.filter((listener) => !listener.serves).map(({ status }) => status.name);
  if (invalid.length === 0) return holds('Accepted', 'Accepted', 'The Gateway has been scheduled by Gatehouse.');
  const message = `These listeners are not valid: ${invalid.join(', ')}; their own conditions say why.`;
  return invalid.length < listeners.length || listeners.some(({ status }) => isTrue(status, 'Accepted'))
    ? holds('Accepted', 'ListenersNotValid', message)
    : fails('Accepted', 'ListenersNotValid', message);
}

/** The Gateway's own references, and a summary of its listeners' (GatewayConditionResolvedRefs). */
function resolvedRefs(identity: FleetIdentity | undefined, listeners: readonly ListenerStatus[]): Draft {
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

function programmed(gateway: OwnedGateway, listeners: readonly Judged[], observation: FleetObservation | undefined): Draft {
  if (gateway.refusal !== undefined) return fails('Programmed', 'Invalid', 'The Gateway is not accepted, so nothing of it is programmed.');
  if (gateway.standstill !== undefined) return fails('Programmed', 'Invalid', STANDSTILL);
  if (!listeners.some(({ serves }) => serves)) return fails('Programmed', 'Invalid', 'The Gateway has no valid listener.');
  const delivery = deliveryOf(observation) ?? addressNotUsable(gateway, observation);
  if (delivery !== undefined) return delivery;
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

/** What its author asked for is not what it got (contract D.9). */
function addressNotUsable({ spec }: OwnedGateway, observation: FleetObservation | undefined): Draft | undefined {
  const assigned = observation?.addresses;
  const wanted = (spec.addresses ?? []).flatMap(({ value = '' }) => (value === '' ? [] : [value]));
  const missing = assigned === undefined ? [] : wanted.filter((address) => !assigned.includes(address));
  if (missing.length === 0) return undefined;
  return fails(
    'Programmed',
    'AddressNotUsable',
    `Field spec.addresses: ${missing.join(', ')} cannot be used, the infrastructure has assigned ${assigned?.join(', ')}; ask for one of those or leave the choice to it.`,
  );
}

const unknownOf = (silent: readonly string[]): string =>
  `What other proxies run is not known: they are connected to ${silent.length === 1 ? 'the operator replica' : 'the operator replicas'} ${silent.join(', ')}, not heard of for over 10 s.`;

/** Why the fleet does not run what it should, in the order of what a person has to look at first. */
function deliveryOf(observation: FleetObservation | undefined): Draft | undefined {
  if (observation === undefined) return fails('Programmed', 'Pending', 'Waiting for the proxies of the Gateway.');
  if (observation.problem !== undefined) return fails('Programmed', 'NoResources', observation.problem);
  if (observation.ready === 0 && observation.silent !== undefined) return fails('Programmed', 'Pending', unknownOf(observation.silent));
  if (observation.ready === 0)
    return fails('Programmed', 'NoResources', `Envoy replicas unavailable: 0 of ${observation.proxies} are ready.`);
  const refused = observation.refused.map((each) => `${each.type} ${each.name}: ${each.message}`);
  if (refused.length > 0) return fails('Programmed', 'Invalid', `Envoy refused configuration: ${refused.join('; ')}.`);
  if (observation.addresses?.length === 0)
    return fails('Programmed', 'AddressNotAssigned', 'No addresses have been assigned to the Gateway.');
  if (observation.lagging.length > 0) {
    return fails(
      'Programmed',
      'Pending',
      `These proxies have not confirmed the configuration for over 10 s: ${observation.lagging.join(', ')}.`,
    );
  }
  return undefined;
}
