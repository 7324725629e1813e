import { type Clock, monotonicClock } from '../cluster/clock.ts';
import type { RemoteDeliveries } from '../deliveries.ts';
import type { Report } from './report.ts';

/** How often a replica gives a sign of life, and after how long a silence nothing is known of it. Milliseconds. */
export const BEAT_MS = 3_000;
export const SILENT_MS = 10_000;
/** A replica that stays silent is a dead one. Its proxies have gone to others, or the infrastructure says what became of them. */
export const GONE_MS = 300_000;

interface Replica {
  /** The stream that speaks for it; a newer one of the same replica replaces it. */
  stream: object;
  readonly fleets: Set<string>;
  cancel: () => void;
}

/**
 * The leader's view of the other replicas. A replica that ends in order is remembered until its proxies had the time to come back elsewhere, so that
 * statuses do not flicker while pods are replaced; one that ends otherwise, or says nothing any more, counts as silent after that time.
 */
export class ReplicaReports {
  readonly #sink: RemoteDeliveries;
  readonly #clock: Clock;
  readonly #replicas = new Map<string, Replica>();

  constructor(sink: RemoteDeliveries, clock: Clock = monotonicClock) {
    this.#sink = sink;
    this.#clock = clock;
  }

  /** Those that were heard and are not forgotten. */
  get replicas(): readonly string[] {
    return [...this.#replicas.keys()].sort();
  }

  receive(stream: object, report: Report): void {
    const replica = this.#replica(stream, report);
    if (replica === undefined) return;
    const { replica: name, fleets = {}, verdicts } = report;
    if (report.whole === true) for (const fleet of replica.fleets) if (fleets[fleet] === undefined) this.#standings(name, fleet, []);
    for (const [fleet, standings] of Object.entries(fleets)) this.#standings(name, fleet, standings);
    if (verdicts !== undefined) this.#sink.verdicts(name, verdicts);
    this.#sink.silent(name, false);
    replica.cancel();
    replica.cancel = this.#clock.after(SILENT_MS, () => (report.bye === true ? this.#forget(name) : this.#silence(name)));
  }

  /** For the end of a term: what others know is theirs to tell the next leader. */
  forgetAll(): void {
    for (const name of this.replicas) this.#forget(name);
  }

  #replica(stream: object, { replica: name, whole }: Report): Replica | undefined {
    const known = this.#replicas.get(name);
    if (known?.stream === stream) return known;
    // The last words of a stream that has been replaced.
    if (whole !== true) return undefined;
    const replica = known ?? { stream, fleets: new Set(), cancel: () => undefined };
    replica.stream = stream;
    this.#replicas.set(name, replica);
    return replica;
  }

  #standings(name: string, fleet: string, standings: Parameters<RemoteDeliveries['standings']>[2]): void {
    const fleets = this.#replicas.get(name)?.fleets;
    if (standings.length === 0) fleets?.delete(fleet);
    else fleets?.add(fleet);
    this.#sink.standings(name, fleet, standings);
  }

  #silence(name: string): void {
    this.#sink.silent(name, true);
    const replica = this.#replicas.get(name);
    if (replica !== undefined) replica.cancel = this.#clock.after(GONE_MS - SILENT_MS, () => this.#forget(name));
  }

  #forget(name: string): void {
    this.#replicas.get(name)?.cancel();
    this.#replicas.delete(name);
    this.#sink.forget(name);
  }
}
