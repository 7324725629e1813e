import { type Fragment, originalHash, type Resource } from './resource.ts';

type Leaves = ReadonlyMap<string, readonly Fragment[]>;

/** What to look for: a set of original hashes, or a map by them. */
export interface Wanted {
  readonly size: number;
  has(hash: string): boolean;
  keys(): Iterable<string>;
}

// Versions of a resource share the fragments that did not change: each is listed once, whatever changes beside it.
const listed = new WeakMap<Fragment, Leaves>();

/** The leaves of a resource with these original hashes. Costs a walk through the fragments that were not searched before, and a look into the others. */
export function findLeaves(resource: Resource, wanted: Wanted): readonly Fragment[] {
  return resource.fragments.flatMap((fragment) => {
    const leaves = listed.get(fragment) ?? list(fragment);
    if (leaves !== undefined) return pick(leaves, wanted);
    return wanted.has(originalHash(fragment)) ? [fragment] : [];
  });
}

function pick(leaves: Leaves, wanted: Wanted): Fragment[] {
  const [fewer, more] = wanted.size < leaves.size ? [wanted, leaves] : [leaves, wanted];
  const found: Fragment[] = [];
  for (const hash of fewer.keys()) if (more.has(hash)) found.push(...(leaves.get(hash) ?? []));
  return found;
}

/** Undefined: it is a leaf itself. */
function list(parent: Fragment): Leaves | undefined {
  if (parent.fragments === undefined) return undefined;
  const leaves = Map.groupBy(parent.fragments.flatMap(leavesFrom), originalHash);
  listed.set(parent, leaves);
  return leaves;
}

function leavesFrom(fragment: Fragment): readonly Fragment[] {
  return fragment.fragments === undefined ? [fragment] : fragment.fragments.flatMap(leavesFrom);
}
