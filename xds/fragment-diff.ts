import type { Fragment, Resource } from './resource.ts';

/** What differs between two versions of a resource. Equal subtrees are skipped by their hash. */
export interface FragmentDiff {
  /** Leaves of the new version that the old one does not have in the same place with the same hash. */
  readonly added: readonly Fragment[];
  /** Leaves of the old version that the new one does not have in the same place with the same hash. */
  readonly removed: readonly Fragment[];
  /** The clusters that the parts which are new, leaves and their parents, need. */
  readonly requires: ReadonlySet<string>;
}

interface Collected {
  readonly added: Fragment[];
  readonly removed: Fragment[];
  readonly requires: Set<string>;
}

// A fleet's proxies mostly go from the same version to the same version: the comparison is made once for all of them.
const remembered = new WeakMap<Resource, WeakMap<Resource, FragmentDiff>>();
const wholes = new WeakMap<Resource, FragmentDiff>();

/**
 * Compares by key and hash; `before` undefined means that all of `after` is new. Costs what changed, plus one look per sibling of a change,
 * and a table of those siblings only that stand between the first and the last change.
 */
export function diffFragments(before: Resource | undefined, after: Resource): FragmentDiff {
  if (before === undefined) return recall(wholes, after, () => collect([], after.fragments));
  const fromBefore = remembered.get(after) ?? new WeakMap<Resource, FragmentDiff>();
  remembered.set(after, fromBefore);
  return recall(fromBefore, before, () => collect(before.fragments, after.fragments));
}

/** All leaves of a resource. */
export function leavesOf(resource: Resource): readonly Fragment[] {
  return diffFragments(undefined, resource).added;
}

function recall<K extends WeakKey, V>(memory: WeakMap<K, V>, key: K, make: () => V): V {
  const known = memory.get(key);
  if (known !== undefined) return known;
  const made = make();
  memory.set(key, made);
  return made;
}

function collect(before: readonly Fragment[], after: readonly Fragment[]): FragmentDiff {
  const found: Collected = { added: [], removed: [], requires: new Set() };
  compare(before, after, found);
  return found;
}

function compare(before: readonly Fragment[], after: readonly Fragment[], found: Collected): void {
  if (before === after) return;
  const start = sameAtStart(before, after);
  const end = sameAtEnd(before, after, start);
  const old = new Map(before.slice(start, before.length - end).map((fragment) => [fragment.key, fragment]));
  for (const fragment of after.slice(start, after.length - end)) {
    const counterpart = old.get(fragment.key);
    old.delete(fragment.key);
    if (counterpart?.hash !== fragment.hash) compareNode(counterpart, fragment, found);
  }
  for (const gone of old.values()) drop(gone, found);
}

const same = (before: Fragment | undefined, after: Fragment | undefined): boolean =>
  before === after || (before?.key === after?.key && before?.hash === after?.hash);

/** How many both begin with. */
function sameAtStart(before: readonly Fragment[], after: readonly Fragment[]): number {
  const most = Math.min(before.length, after.length);
  let count = 0;
  while (count < most && same(before[count], after[count])) count += 1;
  return count;
}

/** How many both end with, not counting those that they begin with. */
function sameAtEnd(before: readonly Fragment[], after: readonly Fragment[], start: number): number {
  const most = Math.min(before.length, after.length) - start;
  let count = 0;
  while (count < most && same(before[before.length - 1 - count], after[after.length - 1 - count])) count += 1;
  return count;
}

function compareNode(before: Fragment | undefined, after: Fragment, found: Collected): void {
  for (const cluster of after.requires) found.requires.add(cluster);
  if (after.fragments === undefined) {
    found.added.push(after);
    if (before !== undefined) drop(before, found);
    return;
  }
  if (before !== undefined && before.fragments === undefined) found.removed.push(before);
  compare(before?.fragments ?? [], after.fragments, found);
}

function drop(fragment: Fragment, found: Collected): void {
  if (fragment.fragments === undefined) found.removed.push(fragment);
  else for (const child of fragment.fragments) drop(child, found);
}
