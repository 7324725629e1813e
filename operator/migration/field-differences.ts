import { isDeepStrictEqual } from 'node:util';
import { isObject, type JsonObject } from '../../crds/json-schema.ts';

/** By what the elements of a list of Kubernetes are told apart, the first that all of them have. */
const KEYS = ['name', 'mountPath', 'containerPort'] as const;

/**
 * Paths at which an object that is applied would change one that is there, as `containers[envoy].image`; what only the latter has is not looked at,
 * except for `args` and the like, which are replaced as a whole.
 */
export function fieldDifferences(wanted: unknown, live: unknown, path = ''): readonly string[] {
  if (isDeepStrictEqual(wanted, live)) return [];
  if (isObject(wanted) && isObject(live)) {
    return Object.entries(wanted).flatMap(([name, value]) => fieldDifferences(value, live[name], path === '' ? name : `${path}.${name}`));
  }
  if (!Array.isArray(wanted) || !Array.isArray(live)) return isNothing(wanted, live) ? [] : [path];
  const [ours, theirs] = [wanted.filter(isObject), live.filter(isObject)];
  const key = KEYS.find((name) => [...ours, ...theirs].every((element) => element[name] !== undefined));
  if (ours.length < wanted.length || key === undefined) return [path];
  const same = (element: JsonObject) => theirs.find((each) => each[key] === element[key]);
  return ours.flatMap((element) => fieldDifferences(element, same(element), `${path}[${String(element[key])}]`));
}

/** `emptyDir: {}` and the like, which say no more than that they are there. */
const isNothing = (wanted: unknown, live: unknown): boolean => isObject(wanted) && Object.keys(wanted).length === 0 && isObject(live);
