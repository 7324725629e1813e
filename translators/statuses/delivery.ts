import type { Collection } from '../graph/collection.ts';
import type { Graph } from '../graph/graph.ts';
import type { FleetObservation, RefusedResource } from '../inputs.ts';
import { type Draft, fails } from './condition.ts';

/** Why a fleet does not run what it should, without its counts: what was observed may change without a word to anybody. */
export interface FleetDelivery {
  /** What a person has to look at first. */
  readonly unreachable: Draft | undefined;
  readonly refused: readonly RefusedResource[];
  readonly incomplete: Draft | undefined;
}

/** Keyed by fleet; only for those that were observed. */
export const fleetDeliveries = (graph: Graph, observations: Collection<FleetObservation>): Collection<FleetDelivery> =>
  graph.derive('fleetDeliveries', observations, function* (observation, _fetch, key) {
    yield [key, { unreachable: unreachable(observation), refused: observation.refused, incomplete: incomplete(observation) }];
  });

const WAITING = fails('Programmed', 'Pending', 'Waiting for the proxies of the Gateway.');

/** Nothing is wrong: undefined. Otherwise a draft of `Programmed`. */
export function deliveryOf(delivery: FleetDelivery | undefined, refused = delivery?.refused ?? []): Draft | undefined {
  if (delivery === undefined) return WAITING;
  return delivery.unreachable ?? refusal(refused) ?? delivery.incomplete;
}

export const refusal = (refused: readonly RefusedResource[]): Draft | undefined => {
  const texts = refused.map((each) => `${each.type} ${each.name}: ${each.message}`);
  return texts.length === 0 ? undefined : fails('Programmed', 'Invalid', `Envoy refused configuration: ${texts.join('; ')}.`);
};

export const unknownOf = (silent: readonly string[]): string =>
  `What other proxies run is not known: they are connected to ${silent.length === 1 ? 'the operator replica' : 'the operator replicas'} ${silent.join(', ')}, not heard of for over 10 s.`;

function unreachable({ problem, ready, proxies, silent, unconfirmed = 0, unheard }: FleetObservation): Draft | undefined {
  if (problem !== undefined) return fails('Programmed', 'NoResources', problem);
  if (ready > 0 || unheard === true) return undefined;
  if (silent !== undefined) return fails('Programmed', 'Pending', unknownOf(silent));
  const cause = unconfirmed === 0 ? `0 of ${proxies} are ready.` : mute(unconfirmed, proxies);
  return fails('Programmed', 'NoResources', `Envoy replicas unavailable: ${cause}`);
}

const mute = (up: number, proxies: number): string =>
  `${up} of ${proxies} are up, but none has confirmed its configuration to the operator; see in their logs whether they reach its xDS server.`;

function incomplete({ addresses, lagging, unheard }: FleetObservation): Draft | undefined {
  const late =
    lagging.length === 0
      ? undefined
      : fails('Programmed', 'Pending', `These proxies have not confirmed the configuration for over 10 s: ${lagging.join(', ')}.`);
  if (unheard === true) return late ?? { ...WAITING, provisional: true };
  if (addresses?.length === 0) return fails('Programmed', 'AddressNotAssigned', 'No addresses have been assigned to the Gateway.');
  return late;
}
