/** Below this share of the list, changes go in one by one (few compares); above it, one sort is cheaper. */
const ONE_BY_ONE_SHARE = 1 / 16;

/** Code-unit order of keys, the order of every iteration in the graph. */
export function compareKeys(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Items kept in a total order. Additions and deletions are noted and worked in on the next read: a few of them cost O(log n) compares
 * each, a bulk of them one sort. An item may be added only when absent and deleted only when present; it is known by its identity.
 */
export class OrderedList<T> {
  readonly #compare: (a: T, b: T) => number;
  #items: T[];
  #added: Set<T> | undefined;
  #removed: Set<T> | undefined;

  /** `items` must be in order already and belong to the list from now on. */
  constructor(compare: (a: T, b: T) => number, items: T[] = []) {
    this.#compare = compare;
    this.#items = items;
  }

  get size(): number {
    return this.#items.length + (this.#added?.size ?? 0) - (this.#removed?.size ?? 0);
  }

  add(item: T): void {
    const last = this.#items.at(-1);
    const fitsAtEnd = !this.#added && !this.#removed && (last === undefined || this.#compare(last, item) < 0);
    // Most lists have one item for ever; a push would make room for sixteen more.
    if (fitsAtEnd && this.#items.length === 0) this.#items = [item];
    else if (fitsAtEnd) this.#items.push(item);
    else this.#added = (this.#added ?? new Set()).add(item);
  }

  delete(item: T): void {
    if (this.#added?.delete(item)) return;
    if (!this.#added && !this.#removed && this.#items.at(-1) === item) this.#items.pop();
    else this.#removed = (this.#removed ?? new Set()).add(item);
  }

  /** The items in order; the array lives on in the list, so copy what must outlast the next change. */
  items(): readonly T[] {
    const changes = (this.#added?.size ?? 0) + (this.#removed?.size ?? 0);
    if (changes > this.#items.length * ONE_BY_ONE_SHARE) this.#sortIn();
    else if (changes > 0) this.#insert();
    this.#added = undefined;
    this.#removed = undefined;
    return this.#items;
  }

  #sortIn(): void {
    const removed = this.#removed;
    const stay = removed ? this.#items.filter((item) => !removed.has(item)) : this.#items;
    this.#items = this.#added ? stay.concat([...this.#added]).sort(this.#compare) : stay;
  }

  #insert(): void {
    for (const item of this.#removed ?? []) this.#items.splice(this.#find(item), 1);
    for (const item of this.#added ?? []) this.#items.splice(this.#position(item), 0, item);
  }

  /** An inconsistent order can hide an item from the binary search; then it is looked for one by one. */
  #find(item: T): number {
    const guess = this.#position(item);
    return this.#items[guess] === item ? guess : this.#items.indexOf(item);
  }

  /** Of the first item that does not come before `item`. */
  #position(item: T): number {
    let low = 0;
    let high = this.#items.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      // In bounds by the loop's condition.
      if (this.#compare(this.#items[middle] as T, item) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
