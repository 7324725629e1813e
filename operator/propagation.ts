import type { Transition } from '../xds/fleet-hub.ts';
import type { Commit } from '../xds/resource-cache.ts';

interface Sent {
  readonly version: string;
  /** When the oldest event that it may come from arrived. */
  readonly since: number;
  taken: boolean;
}

/** So many resources at most are on their way and measured; of a storm the newest are. */
const MOST = 1024;

/**
 * How long a change takes from its arrival until a proxy has taken it. An event is not followed through the graph: what is published next counts
 * from the oldest event that came since the last time, so what is measured is never too short. Costs nothing that grows with the number of objects.
 */
export class Propagation {
  readonly #now: () => number;
  readonly #sent = new Map<string, Sent>();
  /** Told when all that came in is published. */
  onPublished: (() => void) | undefined;
  #oldest: number | undefined;

  /** @param now milliseconds of a clock that never goes back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** When the oldest event came that is not published yet; undefined: all are. */
  get since(): number | undefined {
    return this.#oldest;
  }

  /** Something came in. */
  arrived(): void {
    this.#oldest ??= this.#now();
  }

  /** All that came in is committed and published. */
  published(): void {
    this.#oldest = undefined;
    this.onPublished?.();
  }

  /** A fleet's resources changed. One that was on its way still counts from its own oldest event. */
  committed({ fleet, changes }: Commit): void {
    if (this.#oldest === undefined) return;
    for (const { type, name, next } of changes) {
      const id = idOf({ fleet, type, name });
      const before = this.#sent.get(id);
      const since = before === undefined || before.taken ? this.#oldest : before.since;
      this.#sent.delete(id);
      if (next !== undefined) this.#sent.set(id, { version: next.version, since, taken: false });
    }
    for (const id of this.#sent.keys()) {
      if (this.#sent.size <= MOST) break;
      this.#sent.delete(id);
    }
  }

  /** The milliseconds that a change took to this proxy; undefined: the proxy said something else. */
  answered(transition: Transition): number | undefined {
    if (transition.state !== 'synced' || transition.answeredInMs === undefined) return undefined;
    const sent = this.#sent.get(idOf(transition));
    if (sent?.version !== transition.version) return undefined;
    sent.taken = true;
    return this.#now() - sent.since;
  }
}

const idOf = ({ fleet, type, name }: Pick<Transition, 'fleet' | 'type' | 'name'>): string => `${fleet} ${type} ${name}`;
