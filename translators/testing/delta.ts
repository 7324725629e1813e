/** Plain data as JSON knows it. */
export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [key: string]: Plain };

const isMap = (value: Plain | undefined): value is { readonly [key: string]: Plain } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isNamedList = (value: Plain | undefined): value is readonly { readonly [key: string]: Plain }[] =>
  Array.isArray(value) && value.length > 0 && value.every((each: Plain) => isMap(each) && typeof each['name'] === 'string');

const byName = (list: readonly { readonly [key: string]: Plain }[]): { readonly [key: string]: Plain } =>
  Object.fromEntries(list.map((each) => [String(each['name']), each]));

export const REMOVED = '(removed)';

/**
 * What `after` says differently from `before`; undefined if nothing. Lists whose members have names are compared by name, others as a
 * whole: so a case shows its own feature and not the world around it.
 */
export function delta(before: Plain | undefined, after: Plain | undefined): Plain | undefined {
  if (isNamedList(before) && isNamedList(after)) return delta(byName(before), byName(after));
  if (!isMap(before) || !isMap(after)) return JSON.stringify(before) === JSON.stringify(after) ? undefined : (after ?? REMOVED);
  const changes: [string, Plain][] = [];
  for (const key of [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()) {
    const change = delta(before[key], after[key]);
    if (change !== undefined) changes.push([key, change]);
  }
  return changes.length === 0 ? undefined : Object.fromEntries(changes);
}
