import type { Source } from '../translators/graph/collection.ts';
import type { FleetObservation, QuarantinedFragment } from '../translators/inputs.ts';
import type { FleetState, Transition } from '../xds/fleet-hub.ts';
import type { QuarantineChange } from '../xds/quarantine.ts';
import type { Clock } from './cluster/clock.ts';
import { FleetObservations, HERE, type InfrastructureObservation } from './fleet-observations.ts';
import { LocalStandings, type ProxyStanding } from './proxy-standing.ts';
import { QuarantineRegister, type QuarantineVerdict } from './quarantine-register.ts';

/** Takes what another replica knows of its proxies. */
export interface RemoteDeliveries {
  standings(replica: string, fleet: string, standings: readonly ProxyStanding[]): void;
  verdicts(replica: string, verdicts: readonly QuarantineVerdict[]): void;
  silent(replica: string, silent: boolean): void;
  forget(replica: string): void;
}

/** What became of what was sent to the proxies of all replicas; enters the graph as observations and quarantine. */
export class Deliveries implements RemoteDeliveries {
  readonly #local = new LocalStandings();
  readonly #observations: FleetObservations;
  readonly #quarantine: QuarantineRegister;
  readonly #wake: () => void;
  readonly #listeners: ((moved: { readonly fleet?: string }) => void)[] = [];

  constructor(
    inputs: { readonly observations: Source<FleetObservation>; readonly quarantine: Source<QuarantinedFragment> },
    wake: () => void,
    clock?: Clock,
  ) {
    this.#wake = wake;
    this.#observations = new FleetObservations(inputs.observations, wake, clock);
    this.#quarantine = new QuarantineRegister(inputs.quarantine, HERE);
  }

  /** What is told from now on is what is known here; see `FleetObservations.begin`. */
  begin(): void {
    this.#observations.begin();
  }

  /** Whether there are to be proxies of this fleet. */
  expect(fleet: string, expected: boolean): void {
    this.#observations.expect(fleet, expected);
  }

  infrastructure(fleet: string, observation: InfrastructureObservation | undefined): void {
    this.#observations.infrastructure(fleet, observation);
  }

  delivery(fleet: string, state: FleetState): void {
    this.#local.delivery(fleet, state);
    this.#moved(fleet);
  }

  transition(transition: Transition): void {
    if (this.#local.transition(transition)) this.#moved(transition.fleet);
  }

  judged(changes: readonly QuarantineChange[]): void {
    this.#quarantine.apply(changes);
    this.#wake();
    for (const listener of this.#listeners) listener({});
  }

  /** What is known here, at first hand. */
  get local(): { fleets(): readonly string[]; of(fleet: string): readonly ProxyStanding[] } {
    return this.#local;
  }

  get localVerdicts(): readonly QuarantineVerdict[] {
    return this.#quarantine.own();
  }

  /** Told when what is known here of a fleet may have changed; without a fleet: the verdicts did. */
  onLocal(listener: (moved: { readonly fleet?: string }) => void): void {
    this.#listeners.push(listener);
  }

  /** Whether, since the beginning, it has been known of every proxy that is up how it stands. */
  get isComplete(): boolean {
    return this.#observations.isComplete;
  }

  standings(replica: string, fleet: string, standings: readonly ProxyStanding[]): void {
    this.#observations.standings(replica, fleet, standings);
  }

  verdicts(replica: string, verdicts: readonly QuarantineVerdict[]): void {
    this.#quarantine.replace(replica, verdicts);
    this.#wake();
  }

  silent(replica: string, silent: boolean): void {
    this.#observations.silent(replica, silent);
  }

  forget(replica: string): void {
    this.#observations.forget(replica);
    this.verdicts(replica, []);
  }

  close(): void {
    this.#observations.close();
  }

  #moved(fleet: string): void {
    this.#observations.standings(HERE, fleet, this.#local.of(fleet));
    for (const listener of this.#listeners) listener({ fleet });
  }
}
