/**
 * Structural equality of plain data: primitives, arrays, plain objects (protobuf messages too), Uint8Array, Map, Set, Date.
 * Two things of different classes are unequal; functions are equal only to themselves. Cyclic data is not plain data and ends in a RangeError.
 */
export function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a === 'object' && typeof b === 'object' && a !== null && b !== null) return equalObjects(a, b);
  return Number.isNaN(a) && Number.isNaN(b);
}

function equalObjects(a: object, b: object): boolean {
  if (!sameClass(a, b)) return false;
  if (Array.isArray(a)) return Array.isArray(b) && equalItems(a, b);
  if (a instanceof Uint8Array) return b instanceof Uint8Array && equalBytes(a, b);
  if (a instanceof Map) return b instanceof Map && equalMaps(a, b);
  if (a instanceof Set) return b instanceof Set && equalSets(a, b);
  if (a instanceof Date) return b instanceof Date && a.getTime() === b.getTime();
  return equalFields(a, b);
}

function sameClass(a: object, b: object): boolean {
  return Object.getPrototypeOf(a) === Object.getPrototypeOf(b) || (isPlain(a) && isPlain(b));
}

/** Of no class: a literal, also of another realm, or an object without prototype as some parsers make them. */
function isPlain(value: object): boolean {
  const prototype: object | null = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function equalItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, i) => equal(item, b[i]));
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}

function equalMaps(a: ReadonlyMap<unknown, unknown>, b: ReadonlyMap<unknown, unknown>): boolean {
  if (a.size !== b.size) return false;
  for (const [key, value] of a) {
    if (!b.has(key) || !equal(value, b.get(key))) return false;
  }
  return true;
}

function equalSets(a: ReadonlySet<unknown>, b: ReadonlySet<unknown>): boolean {
  if (a.size !== b.size) return false;
  // Sets of objects have no cheap answer; counting both ways keeps {x, x'} and {x, y} apart when x equals x'.
  const among = (item: unknown, set: ReadonlySet<unknown>) => set.has(item) || (typeof item === 'object' && some(set, item));
  for (const item of a) if (!among(item, b)) return false;
  for (const item of b) if (!among(item, a)) return false;
  return true;
}

function some(set: ReadonlySet<unknown>, item: unknown): boolean {
  for (const other of set) if (equal(item, other)) return true;
  return false;
}

function equalFields(a: object, b: object): boolean {
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length) return false;
  // Own enumerable fields of plain data: the only way to read them by name is an index signature.
  const left = a as Readonly<Record<string, unknown>>;
  const right = b as Readonly<Record<string, unknown>>;
  return names.every((name) => Object.hasOwn(right, name) && equal(left[name], right[name]));
}
