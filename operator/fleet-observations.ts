import type { Source } from '../translators/graph/collection.ts';
import type { FleetObservation } from '../translators/inputs.ts';
import type { ProxyStanding } from './proxy-standing.ts';

/** What runs the proxies says of a fleet. */
export interface InfrastructureObservation {
  readonly proxies: number;
  /** Proxies that are up, whatever they have been told. */
  readonly ready: number;
  readonly addresses?: readonly string[];
  /** Why proxies are missing. */
  readonly problem?: string;
}

/** What one replica says of its proxies. */
interface Word {
  readonly standings: readonly ProxyStanding[];
  /** When it first spoke of each node, as a number that only grows: a proxy belongs to the replica that it came to last. */
  readonly since: ReadonlyMap<string, number>;
}

interface Fleet {
  infrastructure: InfrastructureObservation | undefined;
  /** By replica. */
  readonly words: Map<string, Word>;
}

/** This process among the replicas. */
export const HERE = '';

/**
 * Joins what the infrastructure and all replicas' xDS servers know of a fleet into one fact of the graph. Counts and transitions only: what
 * changes with every push does not enter. How many proxies there should be is the infrastructure's word, so nobody has to know how many replicas there are:
 * a ready proxy of which none speaks is one that has confirmed nothing.
 */
export class FleetObservations {
  readonly #source: Source<FleetObservation>;
  readonly #wake: () => void;
  readonly #fleets = new Map<string, Fleet>();
  readonly #silent = new Set<string>();
  #spoken = 0;

  constructor(source: Source<FleetObservation>, wake: () => void) {
    this.#source = source;
    this.#wake = wake;
  }

  infrastructure(fleet: string, observation: InfrastructureObservation | undefined): void {
    this.#fleet(fleet).infrastructure = observation;
    this.#tell(fleet);
  }

  /** All that a replica knows of a fleet's proxies; it replaces what it said before. */
  standings(replica: string, fleet: string, standings: readonly ProxyStanding[]): void {
    const { words } = this.#fleet(fleet);
    const before = words.get(replica)?.since;
    this.#spoken += 1;
    const since = new Map(standings.map(({ node }) => [node, before?.get(node) ?? this.#spoken]));
    if (standings.length === 0) words.delete(replica);
    else words.set(replica, { standings, since });
    this.#tell(fleet);
  }

  /** Whether nothing has been heard of a replica for too long: what it said last is no knowledge any more. */
  silent(replica: string, silent: boolean): void {
    if (silent === this.#silent.has(replica)) return;
    if (silent) this.#silent.add(replica);
    else this.#silent.delete(replica);
    for (const [fleet, { words }] of this.#fleets) if (words.has(replica)) this.#tell(fleet);
  }

  /** A replica is gone for good. */
  forget(replica: string): void {
    this.#silent.delete(replica);
    for (const [fleet, { words }] of this.#fleets) if (words.delete(replica)) this.#tell(fleet);
  }

  /** Whether of every proxy that is ready some replica has spoken. */
  get isComplete(): boolean {
    return [...this.#fleets.values()].every(({ infrastructure, words }) => {
      const known = new Set([...words.values()].flatMap(({ standings }) => standings.map(({ node }) => node)));
      return known.size >= (infrastructure?.ready ?? 0);
    });
  }

  #fleet(key: string): Fleet {
    const known = this.#fleets.get(key) ?? { infrastructure: undefined, words: new Map() };
    this.#fleets.set(key, known);
    return known;
  }

  #tell(key: string): void {
    const fleet = this.#fleets.get(key);
    if (fleet !== undefined && fleet.infrastructure === undefined && fleet.words.size === 0) this.#fleets.delete(key);
    this.#source.put(key, fleet && observationOf(fleet, this.#silent));
    this.#wake();
  }
}

function observationOf({ infrastructure, words }: Fleet, silent: ReadonlySet<string>): FleetObservation | undefined {
  if (infrastructure === undefined) return undefined;
  const { proxies, ready, addresses, problem } = infrastructure;
  const newest = [...words].flatMap(([replica, word]) => newestOf(word, replica, words));
  const known = newest.filter(({ replica }) => !silent.has(replica)).map(({ standing }) => standing);
  const unknown = new Set(newest.filter(({ replica }) => silent.has(replica)).map(({ replica }) => replica));
  const refused = known.flatMap((standing) => standing.refused);
  // Where others speak of every ready proxy, those of the silent replica have ended.
  const isMissing = new Set(known.map(({ node }) => node)).size < ready;
  return {
    proxies,
    ready: Math.min(ready, new Set(known.filter(({ served }) => served).map(({ node }) => node)).size),
    addresses,
    ...(problem === undefined ? {} : { problem }),
    ...(unknown.size === 0 || !isMissing ? {} : { silent: [...unknown].sort() }),
    refused: [...new Map(refused.map((each) => [`${each.type} ${each.name}`, each])).values()],
    lagging: [...new Set(known.filter(({ lagging }) => lagging).map(({ node }) => node))].sort(),
  };
}

/** The proxies of one replica that came to no other one after it. */
const newestOf = (
  { standings, since }: Word,
  replica: string,
  words: ReadonlyMap<string, Word>,
): readonly { readonly replica: string; readonly standing: ProxyStanding }[] =>
  standings
    .filter(({ node }) => [...words.values()].every((other) => (other.since.get(node) ?? 0) <= (since.get(node) ?? 0)))
    .map((standing) => ({ replica, standing }));
