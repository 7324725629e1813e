/** Some things, of which there is mostly one: that one costs no array. Immutable. The things themselves are no arrays. */
export type Few<T extends string | object> = T | readonly T[];

const NOTHING: readonly never[] = [];

/** A copy, without the slack that an array has for growing. */
export function few<T extends string | object>(all: readonly T[]): Few<T> {
  const [first] = all;
  if (first === undefined) return NOTHING;
  return all.length === 1 ? first : all.slice();
}

export function allOf<T extends string | object>(some: Few<T>): readonly T[] {
  return isArray(some) ? some : [some];
}

const isArray = <T extends string | object>(some: Few<T>): some is readonly T[] => Array.isArray(some);
