import type { ControlPlaneLogger } from '../control-plane.ts';

/** Refusals of one kind are told so often at most, in milliseconds: a proxy with a wrong proof comes back every few seconds. */
const TELL_MS = 60_000;
/** Kinds of refusals that are remembered. */
const MOST = 256;
/** What a client says of itself is shown so far, in characters: it may say megabytes. A fleet's name is shorter: namespace and Gateway. */
const SHOWN = 320;

/** The log of proxies that were not let in. */
export class Refusals {
  readonly #logger: ControlPlaneLogger;
  readonly #now: () => number;
  readonly #told = new Map<string, number>();

  constructor(logger: ControlPlaneLogger, now: () => number = Date.now) {
    this.#logger = logger;
    this.#now = now;
  }

  /** By what is proven, not by what is asked for: whoever makes up fleets would be told of each time. */
  tell(proof: string, message: string, fields: object): void {
    const at = this.#now();
    if (at - (this.#told.get(proof) ?? Number.NEGATIVE_INFINITY) < TELL_MS) return;
    if (this.#told.size >= MOST) this.#told.clear();
    this.#told.set(proof, at);
    this.#logger.warn(message, fields);
  }
}

/** On one line, and no longer than it helps: it goes into a log and into a gRPC trailer. */
export const printable = (text: string): string => text.slice(0, SHOWN).replaceAll(/[^\x20-\x7e]/g, '?');
