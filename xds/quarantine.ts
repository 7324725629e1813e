import { diffFragments } from './fragment-diff.ts';
import { type DocketEntry, QuarantineDocket } from './quarantine-docket.ts';
import { type Fragment, originalHash, type Resource } from './resource.ts';
import type { AppliedChange, Commit } from './resource-cache.ts';

/**
 * A leaf fragment to be replaced (`quarantined`), or to be given back. Who makes the resources answers with an update in which the leaf has other
 * bytes, the same `key`, and as `hash` what `standInHash` says. While it is but a suspect, the bytes are best those that one of `formers` has, so
 * that what is innocent serves on; else they are a safe answer.
 */
export interface QuarantineChange {
  readonly hash: string;
  readonly envoyVersion: string;
  /** What Envoy said. */
  readonly message: string;
  readonly quarantined: boolean;
  /** Only of a suspect: what a proxy took beside it, and is to be exchanged. Its earlier version is among these, if there is one. */
  readonly formers?: readonly Fragment[];
  /**
   * Only of a suspect without an earlier version: the safe answer is to take just its requests, and may keep what it takes them by (`exactStandInHash`). If that is
   * refused too, the change comes again without this.
   */
  readonly exact?: true;
}

/** What a proxy took or refused, and what it held before; undefined where that is not known. */
export interface Evidence {
  readonly fleet: string;
  readonly envoyVersion: string;
  readonly resource: Resource;
  readonly before: Resource | undefined;
  /** Where `before` is not known: the version that the proxy named when it connected. */
  readonly beforeVersion?: string | undefined;
}

/** How often the current resources of all fleets carry each of these leaves, themselves or as their safe answer. */
export type CountLeaves = (hashes: ReadonlySet<string>) => ReadonlyMap<string, number>;

/**
 * Which fragments Envoy refuses, by its version. A pure state machine: evidence in, changes out (`take`). All proxies of one
 * version share what any of them finds out. A quarantine ends when nothing carries the fragment any more.
 */
export class Quarantine {
  readonly #dockets = new Map<string, QuarantineDocket>();
  /** The fragments that anything is known of, and how often they are carried. */
  readonly #carried = new Map<string, number>();
  readonly #count: CountLeaves;

  constructor(count: CountLeaves) {
    this.#count = count;
  }

  /** A proxy took a version, or holds it as it connects. */
  taken(evidence: Evidence): void {
    this.#docket(evidence.envoyVersion).taken(entryOf(evidence));
  }

  /** A proxy refused a version that was sent alone. */
  refused(evidence: Evidence, message: string): void {
    this.#docket(evidence.envoyVersion).refused(entryOf(evidence), message, (hashes) => this.#adopt(hashes));
  }

  /** A commit of any fleet. Has to come before the proxies' answers to it. */
  committed({ fleet, changes }: Commit): void {
    for (const { name, previous, next } of changes) {
      if (next === undefined && previous?.fragments.length) this.#dropResource(resourceKey(fleet, name));
    }
    if (this.#carried.size > 0) this.#recount(changes);
  }

  /** No proxy of this version is left: what it refused says nothing any more. */
  forget(envoyVersion: string): void {
    this.#dockets.get(envoyVersion)?.clear();
  }

  /** What changed since the last call, by Envoy version and hash. */
  take(): readonly QuarantineChange[] {
    return [...this.#dockets].flatMap(([envoyVersion, docket]) => docket.take().map((change) => ({ ...change, envoyVersion })));
  }

  #docket(envoyVersion: string): QuarantineDocket {
    const known = this.#dockets.get(envoyVersion);
    if (known !== undefined) return known;
    const docket = new QuarantineDocket();
    this.#dockets.set(envoyVersion, docket);
    return docket;
  }

  #dropResource(key: string): void {
    for (const docket of this.#dockets.values()) docket.dropResource(key);
  }

  /** Begins to count the carriers of new suspects; those that are in no resource any more are none. */
  #adopt(hashes: readonly string[]): readonly string[] {
    const unknown = new Set(hashes.filter((hash) => !this.#carried.has(hash)));
    if (unknown.size > 0) for (const [hash, count] of this.#count(unknown)) this.#carried.set(hash, count);
    return hashes.filter((hash) => this.#carried.has(hash));
  }

  #recount(changes: readonly AppliedChange[]): void {
    const moved = new Set<string>();
    const carry = (leaf: Fragment, by: number): void => {
      const hash = originalHash(leaf);
      const count = this.#carried.get(hash);
      if (count === undefined) return;
      this.#carried.set(hash, count + by);
      moved.add(hash);
    };
    for (const { previous, next } of changes) {
      const { added, removed } = leafChanges(previous, next);
      for (const leaf of added) carry(leaf, 1);
      for (const leaf of removed) carry(leaf, -1);
    }
    for (const hash of moved) if (this.#carried.get(hash) === 0) this.#lift(hash);
  }

  #lift(hash: string): void {
    this.#carried.delete(hash);
    for (const docket of this.#dockets.values()) docket.gone(hash);
  }
}

const resourceKey = (fleet: string, name: string): string => `${fleet}\n${name}`;

const entryOf = ({ fleet, resource, before, beforeVersion }: Evidence): DocketEntry => ({
  key: resourceKey(fleet, resource.name),
  resource,
  before,
  beforeVersion,
});

function leafChanges(
  previous: Resource | undefined,
  next: Resource | undefined,
): { added: readonly Fragment[]; removed: readonly Fragment[] } {
  if (next !== undefined) return diffFragments(previous, next);
  return { added: [], removed: previous === undefined ? [] : diffFragments(undefined, previous).added };
}
