export interface TurnLimits {
  /** Turns under way at once, and those of one peer among them. */
  readonly maxInFlight: number;
  readonly maxInFlightOfOne: number;
  readonly maxWaiting: number;
  readonly maxWaitingOfOne: number;
}

/** Ends a turn. To be called once. */
export type EndTurn = () => void;

type Waiter = (turn: EndTurn | undefined) => void;

/**
 * Turns of which few may be under way. Peers take them one after the other, and no peer has them all: who asks for many waits for its own. When as many
 * wait as may, whoever has most of them waiting loses the last.
 */
export class FairTurns {
  readonly #limits: TurnLimits;
  /** By peer; whose turn is longest ago comes first. */
  readonly #queues = new Map<string, Waiter[]>();
  readonly #inFlightOf = new Map<string, number>();
  #inFlight = 0;
  #waiting = 0;

  constructor(limits: TurnLimits) {
    this.#limits = limits;
  }

  /** A turn at once; undefined where it has to be waited for. */
  begin(peer: string): EndTurn | undefined {
    return this.#isFree(peer) ? this.#begin(peer) : undefined;
  }

  /** Resolves when it is this one's turn; with undefined where there are too many before it. Never rejects. */
  take(peer: string): Promise<EndTurn | undefined> {
    if (this.#isFree(peer)) return Promise.resolve(this.#begin(peer));
    const own = this.#queues.get(peer)?.length ?? 0;
    if (own >= this.#limits.maxWaitingOfOne) return Promise.resolve(undefined);
    if (this.#waiting >= this.#limits.maxWaiting && !this.#makeRoom(own)) return Promise.resolve(undefined);
    return new Promise((resolve) => this.#push(peer, resolve));
  }

  #isFree(peer: string): boolean {
    return this.#inFlight < this.#limits.maxInFlight && (this.#inFlightOf.get(peer) ?? 0) < this.#limits.maxInFlightOfOne;
  }

  #begin(peer: string): EndTurn {
    this.#inFlight += 1;
    this.#inFlightOf.set(peer, (this.#inFlightOf.get(peer) ?? 0) + 1);
    return () => {
      this.#inFlight -= 1;
      const left = (this.#inFlightOf.get(peer) ?? 0) - 1;
      if (left > 0) this.#inFlightOf.set(peer, left);
      else this.#inFlightOf.delete(peer);
      this.#beginNext();
    };
  }

  #beginNext(): void {
    for (const [peer, queue] of this.#queues) {
      if (!this.#isFree(peer)) continue;
      const next = queue.shift();
      this.#queues.delete(peer);
      if (queue.length > 0) this.#queues.set(peer, queue);
      this.#waiting -= 1;
      next?.(this.#begin(peer));
      return;
    }
  }

  #push(peer: string, waiter: Waiter): void {
    const queue = this.#queues.get(peer);
    if (queue === undefined) this.#queues.set(peer, [waiter]);
    else queue.push(waiter);
    this.#waiting += 1;
  }

  /** For one more of a peer that has `own` waiting: the last of a peer that has more has to go. False: nobody has. */
  #makeRoom(own: number): boolean {
    const longest = [...this.#queues.values()].reduce((most, queue) => (queue.length > most.length ? queue : most), []);
    // It would have as many as the one that lost.
    if (longest.length <= own + 1) return false;
    this.#waiting -= 1;
    longest.pop()?.(undefined);
    return true;
  }
}
