import type { InfraNode } from '../../../translators/ir/infra-node.ts';
import type { FleetChange, FleetObservation, FleetSource } from '../host-infrastructure.ts';

/** Fleets by hand, and what was observed of them. */
export class ObservedFleets implements FleetSource {
  readonly observed: FleetObservation[] = [];
  #listener: (changes: readonly FleetChange[]) => void = () => undefined;
  #waiting: (() => void)[] = [];
  readonly #current: InfraNode[];

  constructor(current: InfraNode[]) {
    this.#current = current;
  }

  fleets(): readonly InfraNode[] {
    return this.#current;
  }
  onFleet(listener: (changes: readonly FleetChange[]) => void): void {
    this.#listener = listener;
  }
  observe(_fleet: string, observation: FleetObservation | undefined): void {
    if (observation !== undefined) this.observed.push(observation);
    for (const wake of this.#waiting.splice(0)) wake();
  }
  lostListener(): void {
    throw new Error('a static listener is no listener of the control plane');
  }
  change(changes: readonly FleetChange[]): void {
    this.#listener(changes);
  }
  /** The first observation from `since` on that fits. */
  async until(fits: (observation: FleetObservation) => boolean, since = 0): Promise<FleetObservation> {
    for (;;) {
      const found = this.observed.slice(since).find(fits);
      if (found !== undefined) return found;
      await new Promise<void>((wake) => this.#waiting.push(wake));
    }
  }
}
