import { splitKey } from './object-key.ts';

/** `<Kind>/<ns>/<name>`: routes of all kinds are in the same collections, and two of different kinds may have one name. */
export const routeKey = (kind: string, key: string): string => `${kind}/${key}`;

/** What a route's key is made of; `object` is its key among objects of its kind: `<ns>/<name>`. */
export function splitRouteKey(key: string): {
  readonly kind: string;
  readonly object: string;
  readonly namespace: string;
  readonly name: string;
} {
  const slash = key.indexOf('/');
  const object = key.slice(slash + 1);
  return { kind: key.slice(0, Math.max(slash, 0)), object, ...splitKey(object) };
}
