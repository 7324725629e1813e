import type { Clock } from './cluster/clock.ts';
import type { ProxyStanding } from './proxy-standing.ts';

/** How long a proxy that left is taken to be as it was: as long as it may need to come back, to this replica or another, and to confirm what it runs. Milliseconds. */
export const RETURN_MS = 10_000;

interface Former {
  readonly standing: ProxyStanding;
  /** Cancels its being forgotten; undefined: it is the present standing, too. */
  cancel: (() => void) | undefined;
}

/** How the proxies of one fleet stood when they had last said something of all that they were sent. A stream that breaks changes nothing of what a proxy runs. */
export class FormerStandings {
  readonly #clock: Clock;
  readonly #onForgotten: () => void;
  readonly #formers = new Map<string, Former>();

  constructor(clock: Clock, onForgotten: () => void) {
    this.#clock = clock;
    this.#onForgotten = onForgotten;
  }

  /** Takes in how a proxy stands now; undefined: no replica has it at present. */
  note(node: string, standing: ProxyStanding | undefined): void {
    const known = this.#formers.get(node);
    if (standing !== undefined && isTelling(standing)) {
      known?.cancel?.();
      this.#formers.set(node, { standing, cancel: undefined });
    } else if (known !== undefined) {
      known.cancel ??= this.#clock.after(RETURN_MS, () => {
        this.#formers.delete(node);
        this.#onForgotten();
      });
    }
  }

  /** Nobody speaks for it any more, and it had its time to come back. */
  forget(node: string): void {
    this.#formers.get(node)?.cancel?.();
    this.#formers.delete(node);
  }

  /** A proxy that came anew is as it was, until it has said something of what it is sent. */
  present(standing: ProxyStanding): ProxyStanding {
    return isTelling(standing) ? standing : (this.#formers.get(standing.node)?.standing ?? standing);
  }

  /** Those that are not among these. */
  without(present: ReadonlySet<string>): readonly ProxyStanding[] {
    return [...this.#formers].flatMap(([node, { standing }]) => (present.has(node) ? [] : [standing]));
  }

  close(): void {
    for (const node of [...this.#formers.keys()]) this.forget(node);
  }
}

/** It has answered everything once, or it is known what is wrong with it. */
export const isTelling = ({ served, lagging, refused }: ProxyStanding): boolean => served || lagging || refused.length > 0;
