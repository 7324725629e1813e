/** Plain data as JSON knows it. */
export type Plain = null | boolean | number | string | readonly Plain[] | PlainMap;
export type PlainMap = { readonly [key: string]: Plain };

export const isMap = (value: Plain | undefined): value is PlainMap => typeof value === 'object' && value !== null && !Array.isArray(value);

const isNamedList = (value: Plain | undefined): value is readonly PlainMap[] =>
  Array.isArray(value) && value.length > 0 && value.every((each: Plain) => isMap(each) && typeof each['name'] === 'string');

const byName = (list: readonly PlainMap[]): PlainMap => Object.fromEntries(list.map((each) => [String(each['name']), each]));

export const REMOVED = '(removed)';

/** What stands where `after` has something new under `key`. */
export type Show = (value: Plain, key: string) => Plain;

/**
 * What `after` says differently from `before`; undefined if nothing. Lists whose members have names are compared by name, others as a
 * whole: so a case shows its own feature and not the world around it.
 */
export const delta = (before: Plain | undefined, after: Plain | undefined, show: Show = (value) => value): Plain | undefined =>
  difference({ before, after, key: '' }, show);

interface Pair {
  readonly before: Plain | undefined;
  readonly after: Plain | undefined;
  /** Where both stand; members of a list have its key. */
  readonly key: string;
}

function difference({ before, after, key }: Pair, show: Show): Plain | undefined {
  if (isNamedList(before) && isNamedList(after)) return entriesOf(byName(before), byName(after), () => key, show);
  if (isMap(before) && isMap(after)) return entriesOf(before, after, (own) => own, show);
  if (JSON.stringify(before) === JSON.stringify(after)) return undefined;
  return after === undefined ? REMOVED : show(after, key);
}

function entriesOf(before: PlainMap, after: PlainMap, keyOf: (own: string) => string, show: Show): Plain | undefined {
  const changes: [string, Plain][] = [];
  for (const own of [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()) {
    const change = difference({ before: before[own], after: after[own], key: keyOf(own) }, show);
    if (change !== undefined) changes.push([own, change]);
  }
  return changes.length === 0 ? undefined : Object.fromEntries(changes);
}
