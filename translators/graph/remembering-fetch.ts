import type { Collection, Fetch, Index } from './collection.ts';
import { KeyIndex } from './key-index.ts';
import type { Run } from './run.ts';
import type { Site, Table } from './table.ts';
import { tableOf } from './table.ts';
import type { Watch } from './watchers.ts';

/** The fetch of one derivation: whatever its transform looks at is remembered at the run under way. */
export class RememberingFetch implements Fetch {
  readonly #site: Site;
  #run: Run | undefined;
  #looks: Watch[] = [];

  constructor(site: Site) {
    this.#site = site;
  }

  begin(run: Run): void {
    this.#run = run;
    this.#looks = [];
    this.#site.tally.run++;
  }

  /** Looks that this run did not repeat are forgotten. */
  end(): void {
    const run = this.#run;
    this.#run = undefined;
    if (!run) return;
    for (const watch of run.looks) if (watch.stamp !== this.#site.tally.run) watch.delete(run);
    run.looks = this.#looks;
  }

  one<T>(from: Collection<T>, key: string): T | undefined {
    const table = this.#visible(from);
    this.#remember(table.watchOf(key));
    return table.get(key);
  }

  by<T>(index: Index<T>, value: string): readonly T[] {
    if (!(index instanceof KeyIndex)) throw new Error(`index ${index.name} is not of this graph; use what graph.index returned`);
    const known: KeyIndex<T> = index;
    this.#visible(known.table);
    this.#remember(known.watchOf(value));
    return known.lookup(value);
  }

  all<T>(from: Collection<T>): readonly T[] {
    const table = this.#visible(from);
    this.#remember(table.watchOfAll());
    return table.values();
  }

  #visible<T>(from: Collection<T>): Table<T> {
    const table = tableOf(from, this.#site.tally);
    if (table.site.order < this.#site.order) return table;
    throw new Error(`${this.#site.name} looks at ${from.name}, which does not come before it; create ${from.name} first`);
  }

  #remember(watch: Watch): void {
    const run = this.#run;
    if (!run) throw new Error(`the fetch of ${this.#site.name} was used after its run; look at things while the transform runs`);
    if (watch.stamp === this.#site.tally.run) return;
    watch.stamp = this.#site.tally.run;
    watch.add(run);
    this.#looks.push(watch);
  }
}
