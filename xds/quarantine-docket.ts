import { Bisection } from './bisection.ts';
import { type Formers, formersOf } from './former-fragments.ts';
import { diffFragments, leavesOf } from './fragment-diff.ts';
import { findLeaves } from './leaf-search.ts';
import { type Fragment, isExactStandIn, isStandIn, originalHash, quarantinedIn, type Resource } from './resource.ts';

/** What a proxy took or refused, and what it held before; undefined where that is not known. `key` names the resource among all fleets. */
export interface DocketEntry {
  readonly key: string;
  readonly resource: Resource;
  readonly before: Resource | undefined;
  /** Where `before` is not known: the version that the proxy named when it connected. */
  readonly beforeVersion: string | undefined;
}

export interface DocketChange {
  readonly hash: string;
  readonly message: string;
  readonly quarantined: boolean;
  readonly formers?: Formers;
  readonly exact?: true;
}

interface Told {
  readonly message: string;
  readonly formers: Formers | undefined;
  readonly exact: boolean;
}

/** What is known of the fragments that one Envoy version refuses. A pure state machine. */
export class QuarantineDocket {
  readonly #convicted = new Map<string, string>();
  readonly #caseOf = new Map<string, Bisection>();
  /** With all of them put away the resource was refused just the same: it is not they. */
  readonly #abandoned = new Set<string>();
  /** The version of each resource that some proxy took last: what is in it is not suspect. */
  readonly #lastTaken = new Map<string, Resource>();
  /** What may stand in for a suspect. */
  readonly #formers = new Map<string, Formers>();
  /** What the outside was told to replace, why, and by what. */
  readonly #told = new Map<string, Told>();
  readonly #touched = new Set<string>();

  /** Looks for suspects in all of it, not only in what is new, since the proxy may be back at what it had; but only while a search goes on. */
  taken({ key, resource }: DocketEntry): void {
    this.#lastTaken.set(key, resource);
    if (this.#caseOf.size === 0) return;
    const leaves = findLeaves(resource, this.#caseOf);
    const present = new Set(leaves.filter((leaf) => !isStandIn(leaf)).map((leaf) => this.#caseOf.get(leaf.hash)));
    const putAway = new Set(leaves.filter(isStandIn).map((leaf) => this.#caseOf.get(originalHash(leaf))));
    for (const found of putAway) if (found?.isolating && !present.has(found)) this.#let(found, () => found.isolated());
    for (const { hash } of leaves) {
      const found = this.#caseOf.get(hash);
      if (found?.onTrial(hash)) this.#let(found, () => found.cleared(hash));
    }
  }

  /** `adopt` takes new suspects in and answers those that are in use. */
  refused(entry: DocketEntry, message: string, adopt: (hashes: readonly string[]) => readonly string[]): void {
    const changed = this.#changedLeaves(entry);
    const unproven = changed.filter(isExactStandIn);
    if (unproven.length > 0) {
      this.#standInWidely(unproven);
      return;
    }
    const plain = changed.filter((leaf) => !isStandIn(leaf)).map((leaf) => leaf.hash);
    const suspects = [...new Set(plain)].filter((hash) => !this.#abandoned.has(hash));
    if (suspects.length === 0) {
      this.#abandon(entry.key, changed.filter(isStandIn).map(originalHash));
      return;
    }
    // Somebody found out before: a version without it is on its way.
    if (suspects.some((hash) => this.#convicted.has(hash) || this.#caseOf.get(hash)?.onTrial(hash) === false)) return;
    const onTrial = suspects.filter((hash) => this.#caseOf.has(hash));
    const fresh = adopt(suspects.filter((hash) => !this.#caseOf.has(hash)));
    this.#remember(entry, fresh);
    const [first, ...others] = new Set(onTrial.map((hash) => this.#caseOf.get(hash)).filter((found) => found !== undefined));
    if (first === undefined) {
      if (fresh.length > 0) this.#let(new Bisection(fresh, message, entry.key), () => undefined);
      return;
    }
    const judge = fresh.length + others.length === 0 ? () => first.failed(onTrial) : () => first.widen(fresh, onTrial, others);
    this.#let(first, judge);
    first.causes.add(entry.key);
  }

  /** No resource carries the fragment any more. */
  gone(hash: string): void {
    const found = this.#caseOf.get(hash);
    if (found !== undefined) this.#let(found, () => found.gone(hash));
    this.#convicted.delete(hash);
    this.#abandoned.delete(hash);
    this.#touched.add(hash);
  }

  /** The resource itself is gone. */
  dropResource(key: string): void {
    this.#lastTaken.delete(key);
  }

  /** Gives everything back. */
  clear(): void {
    this.#convicted.clear();
    this.#caseOf.clear();
    this.#abandoned.clear();
    this.#formers.clear();
    this.#lastTaken.clear();
    for (const hash of this.#told.keys()) this.#touched.add(hash);
  }

  /** What changed since the last call, by hash. */
  take(): readonly DocketChange[] {
    const changes = [...this.#touched].sort().map((hash) => this.#tell(hash));
    this.#touched.clear();
    return changes.filter((change) => change !== undefined);
  }

  #tell(hash: string): DocketChange | undefined {
    if (!this.#caseOf.has(hash)) this.#formers.delete(hash);
    const message = this.#messageFor(hash);
    const told = this.#told.get(hash);
    if (message === undefined) {
      this.#told.delete(hash);
      return told && { hash, message: told.message, quarantined: false };
    }
    const formers = this.#formers.get(hash);
    const exact = this.#caseOf.get(hash)?.exact === true;
    if (told !== undefined && told.formers === formers && told.exact === exact) return undefined;
    this.#told.set(hash, { message, formers, exact });
    return { hash, message, quarantined: true, ...(formers === undefined ? {} : { formers }), ...(exact ? { exact } : {}) };
  }

  /** What the proxy, or else some proxy, took in the place of new suspects. */
  #remember({ key, resource, before }: DocketEntry, suspects: readonly string[]): void {
    const taken = before ?? this.#lastTaken.get(key);
    if (taken === undefined || suspects.length === 0) return;
    for (const [hash, formers] of formersOf(taken, resource, new Set(suspects))) this.#formers.set(hash, formers);
  }

  /** Why a fragment is in quarantine; undefined when it is not. */
  #messageFor(hash: string): string | undefined {
    const found = this.#caseOf.get(hash);
    if (found === undefined) return this.#convicted.get(hash);
    return found.onTrial(hash) ? undefined : found.message;
  }

  /**
   * The leaves that the proxy did not hold and that nobody took. A proxy that refuses what another one took is judged by its own
   * change alone; where that is not known, there is no suspect and the resource counts as refused as a whole. Where nothing at all
   * is known, those are suspect first that an earlier server had put away.
   */
  #changedLeaves({ key, resource, before, beforeVersion }: DocketEntry): readonly Fragment[] {
    const taken = this.#lastTaken.get(key);
    if (before === undefined && taken === undefined) return this.#putAwayBefore(beforeVersion, leavesOf(resource));
    if (before === undefined) return diffFragments(taken, resource).added;
    const own = diffFragments(before, resource).added;
    if (taken === undefined) return own;
    const fresh = new Set(diffFragments(taken, resource).added);
    const both = own.filter((leaf) => fresh.has(leaf));
    return both.length === 0 ? own : both;
  }

  #putAwayBefore(version: string | undefined, leaves: readonly Fragment[]): readonly Fragment[] {
    const hashes = new Set(version === undefined ? [] : quarantinedIn(version));
    const found = leaves.filter((leaf) => hashes.has(originalHash(leaf)) && !this.#abandoned.has(originalHash(leaf)));
    // They are away already and it was refused all the same: then it is some of the others.
    return found.every(isStandIn) ? leaves : found;
  }

  /** Lets something happen to a case and notes what follows for its suspects. */
  #let(found: Bisection, happen: () => void): void {
    for (const hash of found.suspects) {
      this.#touched.add(hash);
      this.#caseOf.delete(hash);
    }
    happen();
    for (const hash of found.takeConvicted()) this.#convicted.set(hash, found.message);
    for (const hash of found.suspects) {
      this.#touched.add(hash);
      this.#caseOf.set(hash, found);
    }
  }

  /** What keeps something of the suspects may be what was refused. Where a case does not, or no more, a version without it is on its way. */
  #standInWidely(leaves: readonly Fragment[]): void {
    const cases = new Set(leaves.map((leaf) => this.#caseOf.get(originalHash(leaf))));
    for (const found of cases) if (found?.exact) this.#let(found, () => found.standInWidely());
  }

  /** Nothing new is left in the resource and it is refused all the same: the cases that it began lead nowhere. */
  #abandon(key: string, putAway: readonly string[]): void {
    for (const found of new Set(putAway.map((hash) => this.#caseOf.get(hash)))) {
      if (!found?.isolating || !found.causes.has(key)) continue;
      for (const hash of found.suspects) {
        this.#touched.add(hash);
        this.#caseOf.delete(hash);
        this.#abandoned.add(hash);
      }
    }
  }
}
