/**
 * Finds the guilty among suspects of which a proxy refused at least one. First all are put away (`isolating`), to see
 * whether the rest is fine; then they come back by halves. A pure state machine: somebody else makes the trials.
 *
 * A suspect is away, or on trial (back, verdict open). What a trial takes is cleared; what it refuses is halved; a single
 * one that is refused, or left over in a group that must hold a guilty one, is convicted.
 */
export class Bisection {
  readonly message: string;
  /** Keys of the resources whose refusal it looks into. */
  readonly causes: Set<string>;
  #isolating = true;
  #exact = true;
  /** Away, and at least one of them is guilty. */
  #bad: readonly string[];
  /** Away, and nothing is known of them. */
  #unknown: readonly string[] = [];
  /** Away: the other half of what is on trial. Guilty if the trial is taken and `#oneIsGuilty`. */
  #rest: readonly string[] = [];
  #oneIsGuilty = false;
  readonly #trial = new Set<string>();
  #convicted: string[] = [];

  constructor(suspects: readonly string[], message: string, cause: string) {
    this.#bad = suspects;
    this.message = message;
    this.causes = new Set([cause]);
  }

  get isolating(): boolean {
    return this.#isolating;
  }

  /** Whether what is away is stood in for by what has no more requests than it; until that is refused itself. */
  get exact(): boolean {
    return this.#exact;
  }

  standInWidely(): void {
    this.#exact = false;
  }

  /** All suspects that are neither cleared nor convicted. */
  get suspects(): readonly string[] {
    return [...this.#trial, ...this.#away()];
  }

  onTrial(hash: string): boolean {
    return this.#trial.has(hash);
  }

  /** Those convicted since the last call. */
  takeConvicted(): readonly string[] {
    const convicted = this.#convicted;
    this.#convicted = [];
    return convicted;
  }

  /** A proxy took the resource with all suspects away. */
  isolated(): void {
    this.#isolating = false;
    this.#advance();
  }

  /** A proxy took a resource with this suspect in it. */
  cleared(hash: string): void {
    if (!this.#trial.delete(hash) || this.#trial.size > 0) return;
    if (this.#oneIsGuilty) this.#bad = this.#rest;
    else this.#unknown = [...this.#unknown, ...this.#rest];
    this.#rest = [];
    this.#advance();
  }

  /** A proxy refused a resource that has just these of those on trial in it. */
  failed(hashes: readonly string[]): void {
    const others = [...this.#trial].filter((hash) => !hashes.includes(hash));
    this.#unknown = [...this.#unknown, ...this.#rest, ...others];
    this.#rest = [];
    this.#bad = hashes;
    this.#trial.clear();
    this.#advance();
  }

  /** A proxy refused a resource with new suspects beside some on trial: all are put away again, those of `others` too. */
  widen(fresh: readonly string[], onTrial: readonly string[], others: readonly Bisection[]): void {
    const bad = new Set([...fresh, ...onTrial]);
    const suspects = new Set([this, ...others].flatMap((one) => one.suspects));
    for (const cause of others.flatMap((other) => [...other.causes])) this.causes.add(cause);
    this.#exact &&= others.every((other) => other.exact);
    this.#unknown = [...suspects].filter((hash) => !bad.has(hash));
    this.#bad = [...bad];
    this.#rest = [];
    this.#trial.clear();
    this.#isolating = true;
  }

  /** Nothing carries it any more. */
  gone(hash: string): void {
    const others = (hashes: readonly string[]): readonly string[] => hashes.filter((other) => other !== hash);
    // The guilty one of a group may have been the one that went: of the others nothing is known any more.
    if (this.#bad.includes(hash)) {
      this.#unknown = [...this.#unknown, ...others(this.#bad)];
      this.#bad = [];
    }
    if (this.#rest.includes(hash) || this.#trial.has(hash)) this.#oneIsGuilty = false;
    this.#unknown = others(this.#unknown);
    this.#rest = others(this.#rest);
    if (this.#trial.has(hash)) this.cleared(hash);
  }

  #away(): readonly string[] {
    return [...this.#bad, ...this.#unknown, ...this.#rest];
  }

  /** Convicts a single bad one, halves several, then tries all that is unknown at once. */
  #advance(): void {
    const bad = this.#bad;
    this.#bad = [];
    if (bad.length > 1) {
      const half = Math.ceil(bad.length / 2);
      this.#try(bad.slice(0, half), bad.slice(half), true);
      return;
    }
    this.#convicted.push(...bad);
    const unknown = this.#unknown;
    this.#unknown = [];
    this.#try(unknown, [], false);
  }

  #try(hashes: readonly string[], rest: readonly string[], oneIsGuilty: boolean): void {
    for (const hash of hashes) this.#trial.add(hash);
    this.#rest = rest;
    this.#oneIsGuilty = oneIsGuilty;
  }
}
