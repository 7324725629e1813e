import type { KubernetesObject } from '../../crds/object-meta.ts';

/** What decides between objects that want the same thing: the older one, then namespace/name (Gateway API, "Conflicts"). */
export interface Age {
  /** Milliseconds since the epoch; an object that was never stored is the youngest. */
  readonly created: number;
  readonly key: string;
}

const YOUNGEST = Number.MAX_SAFE_INTEGER;

export function ageOf(object: KubernetesObject): Age {
  const { name, namespace, creationTimestamp } = object.metadata;
  const created = creationTimestamp === undefined ? YOUNGEST : Date.parse(creationTimestamp);
  return { created: Number.isNaN(created) ? YOUNGEST : created, key: namespace === undefined ? name : `${namespace}/${name}` };
}

export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Oldest first. */
export const compareAge = (a: Age, b: Age): number => a.created - b.created || compareText(a.key, b.key);
