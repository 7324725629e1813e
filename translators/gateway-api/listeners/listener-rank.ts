import { type Age, compareAge } from '../age.ts';

/** What decides between listeners that want the same: the Gateway's own come first, then those of the oldest ListenerSet (ListenerSetSpec, "precedence"). */
export interface ListenerRank {
  readonly gateway: Age;
  /** Of a ListenerSet. */
  readonly set: Age | undefined;
  /** Place in its owner's list. */
  readonly ordinal: number;
}

export interface Ranked {
  readonly rank: ListenerRank;
}

export const compareRanks = ({ rank: a }: Ranked, { rank: b }: Ranked): number =>
  compareAge(a.gateway, b.gateway) || compareSets(a.set, b.set) || a.ordinal - b.ordinal;

function compareSets(a: Age | undefined, b: Age | undefined): number {
  if (a !== undefined && b !== undefined) return compareAge(a, b);
  return Number(a !== undefined) - Number(b !== undefined);
}
