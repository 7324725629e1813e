import type { Collection, Fetch } from '../graph/collection.ts';

/** The key of a kind that cannot be read in one namespace; one that cannot be read at all goes by its name. */
export const unreadableIn = (kind: string, namespace: string): string => `${kind}|${namespace}`;

/** Why objects of a kind in a namespace may be there although we know nothing of them; undefined: what we do not know is not there. */
export const whyUnreadable = (fetch: Fetch, unreadable: Collection<string>, kind: string, namespace: string): string | undefined =>
  fetch.one(unreadable, unreadableIn(kind, namespace)) ?? fetch.one(unreadable, kind);

/** The key of a kind of which nothing new can be read in a namespace, while what was read before still counts. */
export const outdatedIn = (kind: string, namespace: string): string => `${unreadableIn(kind, namespace)}|outdated`;

/** Why objects of a kind in a namespace may be others by now than those we know; undefined: they are as we know them. */
export const whyOutdated = (fetch: Fetch, unreadable: Collection<string>, kind: string, namespace: string): string | undefined =>
  fetch.one(unreadable, outdatedIn(kind, namespace));
