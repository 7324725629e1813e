import type { QuarantineChange } from '../xds/quarantine.ts';
import type { AdsServer } from '../xds/server.ts';
import type { Deliveries } from './deliveries.ts';

/** What it needs of the control plane. */
export interface DeliveryFeedParts {
  readonly deliveries: Pick<Deliveries, 'delivery' | 'judged'>;
  readonly server: Pick<AdsServer, 'fleetState'>;
  /** Resolves when what was put so far is committed and published. */
  settled(): Promise<void>;
}

/**
 * Brings what the xDS server learns to the deliveries. What is found guilty is put away and sent to nobody any more: its refusal is told by its object, and is
 * no last word on the resource that it was in. So fleets are looked at when that is out of their snapshots.
 */
export class DeliveryFeed {
  readonly #parts: DeliveryFeedParts;
  /** Fleets that moved since something was judged, until that is published. */
  #waiting: Set<string> | undefined;

  constructor(parts: DeliveryFeedParts) {
    this.#parts = parts;
  }

  moved(fleet: string): void {
    const { deliveries, server } = this.#parts;
    if (this.#waiting === undefined) deliveries.delivery(fleet, server.fleetState(fleet));
    else this.#waiting.add(fleet);
  }

  judged(changes: readonly QuarantineChange[]): void {
    const waiting = new Set<string>();
    const before = this.#waiting ?? [];
    this.#waiting = waiting;
    for (const fleet of before) waiting.add(fleet);
    this.#parts.deliveries.judged(changes);
    void this.#parts.settled().then(() => {
      if (this.#waiting !== waiting) return;
      this.#waiting = undefined;
      for (const fleet of waiting) this.moved(fleet);
    });
  }
}
