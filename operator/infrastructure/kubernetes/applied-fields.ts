import { isObject } from '../../../crds/json-schema.ts';
import type { KubernetesObject } from '../../../crds/object-meta.ts';
import type { FieldSet, LiveObject } from './live-object.ts';
import { sameQuantity } from './quantity.ts';

/**
 * Whether applying an object would change nothing: the fields that are ours are those that we want, with the values that we want. What others added
 * beside them does not matter, nor what the API server filled in. In doubt the answer is no: an apply that changes nothing is not written either.
 */
export const isApplied = (desired: KubernetesObject, { object, owned }: LiveObject): boolean =>
  owned !== undefined && matches(owned, ownFields(desired), object);

/** What names an object is not among the managed fields. */
function ownFields(desired: KubernetesObject): unknown {
  const { apiVersion: _, kind: __, metadata, ...rest } = desired;
  const { name: ___, namespace: ____, ...meta } = metadata;
  return { ...rest, metadata: meta };
}

/** Fields that the API server fills in inside of values that it otherwise takes whole, so that they look like ours. */
const FILLED_IN: Readonly<Record<string, unknown>> = { apiVersion: 'v1', expirationSeconds: 3600, divisor: '0' };

/** Maps of amounts, which the API server writes in its own way. */
const AMOUNTS: ReadonlySet<string> = new Set(['requests', 'limits']);

function matches(owned: FieldSet, desired: unknown, live: unknown): boolean {
  const paths = Object.keys(owned).filter((path) => path !== '.');
  if (paths.length === 0) return sameWhole(desired, live);
  if (Array.isArray(desired)) return Array.isArray(live) && matchesList(owned, paths, { desired, live });
  if (!isObject(desired) || !isObject(live)) return false;
  const fields = said(desired);
  return (
    fields.length === paths.length &&
    fields.every(([name, value]) => {
      const part = owned[`f:${name}`];
      return part !== undefined && (AMOUNTS.has(name) ? sameAmounts(part, value, live[name]) : matches(part, value, live[name]));
    })
  );
}

function sameAmounts(owned: FieldSet, desired: unknown, live: unknown): boolean {
  if (!isObject(desired) || !isObject(live)) return false;
  const amounts = said(desired);
  const count = Object.keys(owned).filter((path) => path !== '.').length;
  return count === amounts.length && amounts.every(([name, amount]) => `f:${name}` in owned && sameQuantity(amount, live[name]));
}

interface Lists {
  readonly desired: readonly unknown[];
  readonly live: readonly unknown[];
}

/** Elements of a list that has keys are found by them; those of a set are themselves. Whatever else others added stays out of sight. */
function matchesList(owned: FieldSet, paths: readonly string[], { desired, live }: Lists): boolean {
  if (desired.length !== paths.length) return false;
  return paths.every((path) => {
    // Boundary: JSON of the API server after `k:` and `v:`.
    const key: unknown = JSON.parse(path.slice(2));
    if (path.startsWith('v:')) return desired.includes(key) && live.includes(key);
    const part = owned[path];
    const wanted = desired.find((element) => hasKey(element, key));
    const found = live.find((element) => hasKey(element, key));
    return path.startsWith('k:') && part !== undefined && wanted !== undefined && found !== undefined && matches(part, wanted, found);
  });
}

/** The only key that the API server fills in where it is left out. */
const KEY_DEFAULTS: Readonly<Record<string, unknown>> = { protocol: 'TCP' };

const hasKey = (element: unknown, key: unknown): boolean =>
  isObject(element) && isObject(key) && Object.entries(key).every(([name, value]) => (element[name] ?? KEY_DEFAULTS[name]) === value);

/** Values that the API server leaves out of many fields. Had somebody else taken one away, the field would not be ours any more. */
const EMPTY: ReadonlySet<unknown> = new Set([false, 0, '']);

function sameWhole(desired: unknown, live: unknown): boolean {
  if (Array.isArray(desired)) {
    const others = live ?? [];
    return Array.isArray(others) && others.length === desired.length && desired.every((element, i) => sameWhole(element, others[i]));
  }
  if (!isObject(desired)) return desired === live || (live === undefined && EMPTY.has(desired));
  const other = live ?? {};
  if (!isObject(other)) return false;
  const fields = said(desired);
  const extra = Object.entries(other).filter(([name]) => desired[name] === undefined || desired[name] === null);
  return fields.every(([name, value]) => sameWhole(value, other[name])) && extra.every(([name, value]) => FILLED_IN[name] === value);
}

const said = (value: Readonly<Record<string, unknown>>): readonly (readonly [string, unknown])[] =>
  Object.entries(value).filter(([, each]) => each !== undefined && each !== null);
