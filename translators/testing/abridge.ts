import { delta, isMap, type Plain, type PlainMap, type Show } from './delta.ts';

const AS_IN_BASE = 'as in the base';
/** Where the entries that a part shares with the base would stand. */
const REST = '...';
/** Fewer equal entries are no likeness. */
const ALIKE = 3;

/**
 * Shows a new resource by its differences from what stands under the same keys in `base`: constants of a release, which make up most of
 * listeners and clusters, are no news. Whatever the likest part of the base has and the new one has not is shown as removed.
 */
export function abridge(base: Plain): Show {
  const parts = new Map<string, PlainMap[]>();
  collect(base, '', parts);
  const show: Show = (value, key) => {
    if (Array.isArray(value)) return value.map((item: Plain) => show(item, key));
    if (!isMap(value)) return value;
    const model = likest(parts.get(key) ?? [], value);
    if (model === undefined) return Object.fromEntries(Object.entries(value).map(([own, part]) => [own, show(part, own)]));
    const difference = delta(model, value, show);
    return isMap(difference) ? { [REST]: AS_IN_BASE, ...difference } : `(${AS_IN_BASE})`;
  };
  return show;
}

function collect(value: Plain, key: string, parts: Map<string, PlainMap[]>): void {
  if (Array.isArray(value)) for (const item of value) collect(item, key, parts);
  if (!isMap(value)) return;
  parts.set(key, [...(parts.get(key) ?? []), value]);
  for (const [own, part] of Object.entries(value)) collect(part, own, parts);
}

function likest(models: readonly PlainMap[], value: PlainMap): PlainMap | undefined {
  const [best] = models.map((model) => ({ model, score: likeness(model, value) })).sort((a, b) => b.score - a.score);
  return best !== undefined && best.score >= ALIKE ? best.model : undefined;
}

const likeness = (model: PlainMap, value: PlainMap): number =>
  Object.keys(value).filter((key) => JSON.stringify(model[key]) === JSON.stringify(value[key])).length;
