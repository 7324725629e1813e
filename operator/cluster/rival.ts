import type { LeaseRecord } from './lease.ts';

/**
 * What a candidate knows of another holder of the Lease, by its own clock alone. A holder that was seen is respected for its lease duration from the moment
 * when its last write was first seen here; also when the Lease is deleted meanwhile, since its holder may not know that yet.
 */
export class Rival {
  readonly #identity: string;
  readonly #leaseMs: number;
  #seen: { readonly version: string; readonly until: number } | undefined;

  /** `leaseMs` counts where the Lease does not say how long it holds. */
  constructor(identity: string, leaseMs: number) {
    this.#identity = identity;
    this.#leaseMs = leaseMs;
  }

  /** Undefined: there is no Lease. */
  see(lease: LeaseRecord | undefined, now: number): void {
    if (lease === undefined) return;
    if (lease.holder === undefined || lease.holder === this.#identity) this.#seen = undefined;
    else if (this.#seen?.version !== lease.resourceVersion) {
      this.#seen = { version: lease.resourceVersion, until: now + (lease.durationMs ?? this.#leaseMs) };
    }
  }

  /** Whether nobody else can still be leading. */
  mayBeReplaced(now: number): boolean {
    return this.#seen === undefined || now >= this.#seen.until;
  }
}
