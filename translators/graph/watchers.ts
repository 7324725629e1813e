/** What the collections of one graph share. Its identity also tells graphs apart. */
export interface Tally {
  /** Things that somebody looks at or waits for now; 0 when no run is left. */
  watches: number;
  /** Number of the run under way; tells a look of this run from one of an earlier run. */
  run: number;
}

/** Somebody to wake when what he looked at changes. */
export interface Waker {
  wake(): void;
}

/** One step of provenance: a key of a collection, or a value of an index. */
export interface Step {
  readonly collection: string;
  readonly key: string;
}

/** Up to so many are looked through one by one; a Set of a few takes ten times the room. */
const FEW = 8;

/** All who look at one key, one index value or one whole collection. Most are looked at by one or by a few. */
export class Watch {
  readonly key: string;
  /** The last run that looked here. Runs never nest, so one number is enough to find looks that a new run did not repeat. */
  stamp = 0;
  readonly #home: Watchers;
  #one: Waker | undefined;
  #more: Waker[] | Set<Waker> | undefined;

  constructor(home: Watchers, key: string) {
    this.#home = home;
    this.key = key;
  }

  add(waker: Waker): void {
    if (this.#one === waker) return;
    if (this.#more instanceof Set) this.#more.add(waker);
    else if (this.#more?.includes(waker)) return;
    else if (this.#one === undefined) this.#one = waker;
    else this.#more = oneMore(this.#more, waker);
  }

  delete(waker: Waker): void {
    if (this.#one === waker) this.#one = undefined;
    else if (this.#more !== undefined) this.#more = oneLess(this.#more, waker);
    if (this.#one === undefined && this.#more === undefined) this.#home.drop(this.key);
  }

  wake(): void {
    this.#one?.wake();
    for (const waker of this.#more ?? []) waker.wake();
  }

  /** What those who look here see now. */
  seen(): readonly Step[] {
    return this.#home.seen(this.key);
  }
}

/** A concatenation has no room to grow, which a spread has. */
const oneMore = (few: readonly Waker[] | undefined, waker: Waker): Waker[] | Set<Waker> =>
  few === undefined ? [waker] : few.length < FEW ? few.concat(waker) : new Set(few).add(waker);

function oneLess(more: Waker[] | Set<Waker>, waker: Waker): Waker[] | Set<Waker> | undefined {
  if (more instanceof Set) {
    more.delete(waker);
    return more.size === 0 ? undefined : more;
  }
  const others = more.filter((other) => other !== waker);
  return others.length === 0 ? undefined : others;
}

/** The watches of one collection or index, by what they look at. A watch exists only while somebody looks. */
export class Watchers {
  readonly seen: (key: string) => readonly Step[];
  readonly #tally: Tally;
  readonly #watches = new Map<string, Watch>();

  constructor(tally: Tally, seen: (key: string) => readonly Step[]) {
    this.#tally = tally;
    this.seen = seen;
  }

  at(key: string): Watch {
    const known = this.#watches.get(key);
    if (known) return known;
    const watch = new Watch(this, key);
    this.#watches.set(key, watch);
    this.#tally.watches++;
    return watch;
  }

  wake(key: string): void {
    if (this.#watches.size > 0) this.#watches.get(key)?.wake();
  }

  drop(key: string): void {
    if (this.#watches.delete(key)) this.#tally.watches--;
  }
}
