import type { Source } from '../translators/graph/collection.ts';
import type { FleetObservation } from '../translators/inputs.ts';
import { type Clock, monotonicClock } from './cluster/clock.ts';
import { FormerStandings, isTelling } from './former-standings.ts';
import type { ProxyStanding } from './proxy-standing.ts';

/** What runs the proxies says of a fleet. */
export interface InfrastructureObservation {
  readonly proxies: number;
  /** Proxies that are up, whatever they have been told. */
  readonly ready: number;
  readonly addresses?: readonly string[];
  /** Why proxies are missing. */
  readonly problem?: string;
  /** Not all of it has been read or compared yet. */
  readonly partial?: true;
}

/** What one replica says of its proxies. */
interface Word {
  readonly standings: readonly ProxyStanding[];
  /** When it first spoke of each node, as a number that only grows: a proxy belongs to the replica that it came to last. */
  readonly since: ReadonlyMap<string, number>;
}

interface Fleet {
  infrastructure: InfrastructureObservation | undefined;
  /** There are to be proxies. */
  expected: boolean;
  /** By replica. */
  readonly words: Map<string, Word>;
  readonly formers: FormerStandings;
  /** Of every proxy that is up it was known once, since the beginning, how it stands. */
  heard: boolean;
}

/** This process among the replicas. */
export const HERE = '';

/**
 * How long after the beginning a proxy of which none has spoken is no news: until then it may be on its way here. As long as the longest pause of an Envoy
 * between two tries to connect; one whose replica fell silent without a word finds that out in 35 s, of which a Lease takes 15 s to run out. Milliseconds.
 */
export const HEARING_MS = 30_000;

/**
 * Joins what the infrastructure and all replicas' xDS servers know of a fleet into one fact of the graph. Counts and transitions only: what
 * changes with every push does not enter. How many proxies there should be is the infrastructure's word, so nobody has to know how many replicas there are:
 * a ready proxy of which none speaks is one that has confirmed nothing. That alone says nothing bad of it at the beginning, see `begin`.
 */
export class FleetObservations {
  readonly #source: Source<FleetObservation>;
  readonly #wake: () => void;
  readonly #clock: Clock;
  readonly #fleets = new Map<string, Fleet>();
  readonly #silent = new Set<string>();
  #spoken = 0;
  #beginning = true;
  #closed = false;
  #cancel: () => void = () => undefined;

  constructor(source: Source<FleetObservation>, wake: () => void, clock: Clock = monotonicClock) {
    this.#source = source;
    this.#wake = wake;
    this.#clock = clock;
  }

  /**
   * From now on it is told what is known here: what is lacking may still come, for `HEARING_MS` at most. A fleet is `unheard` until it has been known once
   * how each of its proxies stands; what is wrong for certain is told all the same.
   */
  begin(): void {
    this.#cancel();
    this.#beginning = true;
    this.#cancel = this.#clock.after(HEARING_MS, () => {
      this.#beginning = false;
      this.#tellAll();
    });
    for (const fleet of this.#fleets.values()) fleet.heard = false;
    this.#tellAll();
  }

  /** Whether there are to be proxies of this fleet, whatever has been seen of them. */
  expect(key: string, expected: boolean): void {
    if (!expected && !this.#fleets.has(key)) return;
    this.#fleet(key).expected = expected;
    this.#tell(key);
  }

  infrastructure(fleet: string, observation: InfrastructureObservation | undefined): void {
    this.#fleet(fleet).infrastructure = observation;
    this.#tell(fleet);
  }

  /** All that a replica knows of a fleet's proxies; it replaces what it said before. */
  standings(replica: string, key: string, standings: readonly ProxyStanding[]): void {
    if (this.#closed) return;
    const fleet = this.#fleet(key);
    const before = fleet.words.get(replica)?.since;
    this.#spoken += 1;
    const since = new Map(standings.map(({ node }) => [node, before?.get(node) ?? this.#spoken]));
    if (standings.length === 0) fleet.words.delete(replica);
    else fleet.words.set(replica, { standings, since });
    const newest = new Map(newestIn(fleet).map(({ standing }) => [standing.node, standing]));
    for (const node of new Set([...since.keys(), ...(before?.keys() ?? [])])) fleet.formers.note(node, newest.get(node));
    this.#tell(key);
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
    for (const [key, fleet] of this.#fleets) {
      const word = fleet.words.get(replica);
      if (word === undefined) continue;
      fleet.words.delete(replica);
      const present = new Set(newestIn(fleet).map(({ standing }) => standing.node));
      for (const { node } of word.standings) if (!present.has(node)) fleet.formers.forget(node);
      this.#tell(key);
    }
  }

  /** Whether, since the beginning, it has been known of every proxy that is up how it stands. */
  get isComplete(): boolean {
    return [...this.#fleets.values()].every(({ expected, infrastructure, heard }) =>
      infrastructure === undefined ? !expected : heard && infrastructure.partial !== true,
    );
  }

  /** Takes in no more of proxies. */
  close(): void {
    this.#closed = true;
    this.#cancel();
    for (const { formers } of this.#fleets.values()) formers.close();
  }

  #fleet(key: string): Fleet {
    const known = this.#fleets.get(key);
    if (known !== undefined) return known;
    const formers = new FormerStandings(this.#clock, () => this.#tell(key));
    const fleet = { infrastructure: undefined, expected: false, words: new Map(), formers, heard: false };
    this.#fleets.set(key, fleet);
    return fleet;
  }

  #tellAll(): void {
    for (const key of [...this.#fleets.keys()]) this.#tell(key);
  }

  #tell(key: string): void {
    const fleet = this.#fleets.get(key);
    if (fleet === undefined) return;
    const { infrastructure, expected, words, formers } = fleet;
    if (infrastructure === undefined && !expected && words.size === 0) {
      formers.close();
      this.#fleets.delete(key);
    }
    fleet.heard ||= isHeard(fleet, this.#silent);
    this.#source.put(key, observationOf(fleet, this.#silent, this.#beginning));
    this.#wake();
  }
}

/** Proxies that are expected, before anything is known of them. */
const UNSEEN: FleetObservation = { proxies: 0, ready: 0, addresses: undefined, unheard: true, refused: [], lagging: [] };

function observationOf(fleet: Fleet, silent: ReadonlySet<string>, beginning: boolean): FleetObservation | undefined {
  const { infrastructure, expected, heard } = fleet;
  if (infrastructure === undefined) return beginning && expected ? UNSEEN : undefined;
  const { proxies, ready, addresses, problem, partial } = infrastructure;
  const known = knownOf(fleet, silent);
  const unknown = new Set(newestIn(fleet).flatMap(({ replica }) => (silent.has(replica) ? [replica] : [])));
  const served = new Set(known.filter((standing) => standing.served).map(({ node }) => node)).size;
  const refused = known.flatMap((standing) => standing.refused);
  // Where others speak of every ready proxy, those of the silent replica have ended.
  const isMissing = new Set(known.map(({ node }) => node)).size < ready;
  return {
    proxies,
    ready: Math.min(ready, served),
    addresses,
    ...(served < ready ? { unconfirmed: ready - served } : {}),
    ...(problem === undefined ? {} : { problem }),
    ...(unknown.size === 0 || !isMissing ? {} : { silent: [...unknown].sort() }),
    ...(partial === true || (beginning && !heard) ? { unheard: true } : {}),
    refused: [...new Map(refused.map((each) => [`${each.type} ${each.name}`, each])).values()],
    lagging: [...new Set(known.filter(({ lagging }) => lagging).map(({ node }) => node))].sort(),
  };
}

/** Of each proxy that is up it is known how it stands, or with which silent replica it is. */
function isHeard(fleet: Fleet, silent: ReadonlySet<string>): boolean {
  const { infrastructure } = fleet;
  if (infrastructure === undefined || infrastructure.partial === true) return false;
  const telling = knownOf(fleet, silent).filter(({ served, lagging }) => served || lagging);
  const mute = newestIn(fleet).flatMap(({ replica, standing }) => (silent.has(replica) ? [standing] : []));
  return new Set([...telling, ...mute].map(({ node }) => node)).size >= infrastructure.ready;
}

/** The proxies of replicas that can be heard; and where more are up than have said how they stand, those that were connected a moment ago. */
function knownOf(fleet: Fleet, silent: ReadonlySet<string>): readonly ProxyStanding[] {
  const newest = newestIn(fleet);
  const known = newest.flatMap(({ replica, standing }) => (silent.has(replica) ? [] : [fleet.formers.present(standing)]));
  const telling = new Set(known.filter(isTelling).map(({ node }) => node));
  if (telling.size >= (fleet.infrastructure?.ready ?? 0)) return known;
  return [...known, ...fleet.formers.without(new Set(newest.map(({ standing }) => standing.node)))];
}

interface Spoken {
  readonly replica: string;
  readonly standing: ProxyStanding;
}

/** Each proxy with the replica to which it came last. */
const newestIn = ({ words }: Fleet): readonly Spoken[] => [...words].flatMap(([replica, word]) => newestOf(word, replica, words));

/** The proxies of one replica that came to no other one after it. */
const newestOf = ({ standings, since }: Word, replica: string, words: ReadonlyMap<string, Word>): readonly Spoken[] =>
  standings
    .filter(({ node }) => [...words.values()].every((other) => (other.since.get(node) ?? 0) <= (since.get(node) ?? 0)))
    .map((standing) => ({ replica, standing }));
