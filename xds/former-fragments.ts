import { type Fragment, isContent, type Resource } from './resource.ts';

/** Leaves that a version had in one place and that a later one has not. */
export type Formers = readonly Fragment[];

/**
 * For each of the wanted leaves of `after`, by hash: the leaves that `before` had under the same parent, that `after` does not have, and that are no safe answers.
 * One that has none is left out. Which of them the wanted one comes from, only their maker can tell. Those of one parent share a list.
 */
export function formersOf(before: Resource, after: Resource, wanted: ReadonlySet<string>): ReadonlyMap<string, Formers> {
  const found = new Map<string, Formers>();
  visit(before.fragments, after.fragments, wanted, found);
  return found;
}

function visit(before: readonly Fragment[], after: readonly Fragment[], wanted: ReadonlySet<string>, found: Map<string, Formers>): void {
  if (before === after) return;
  const old = new Map(before.map((fragment) => [fragment.key, fragment]));
  // What did not change is not looked into.
  const changed = after.filter(({ key, hash }) => old.get(key)?.hash !== hash);
  const leaves = changed.filter(({ fragments, hash }) => fragments === undefined && wanted.has(hash));
  const formers = leaves.length === 0 ? [] : goneFrom(before, after);
  if (formers.length > 0) for (const { hash } of leaves) found.set(hash, formers);
  for (const { key, fragments } of changed) {
    const counterpart = fragments === undefined ? undefined : old.get(key)?.fragments;
    if (fragments !== undefined && counterpart !== undefined) visit(counterpart, fragments, wanted, found);
  }
}

function goneFrom(before: readonly Fragment[], after: readonly Fragment[]): Formers {
  const present = new Set(after.map(({ hash }) => hash));
  return before.filter((leaf) => !present.has(leaf.hash) && leaf.fragments === undefined && isContent(leaf));
}
