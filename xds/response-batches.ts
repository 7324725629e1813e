import type { ProxyResource } from './proxy-resource.ts';
import type { CachedResource } from './resource-cache.ts';

/** An update that may go now. */
export interface Ready {
  readonly item: ProxyResource;
  readonly cached: CachedResource;
}

/** One batch a response, sorted by name. A resource that is larger than `maxBytes` is a batch of its own. */
export function splitBySize(ready: readonly Ready[], maxBytes: number): Ready[][] {
  const batches: Ready[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const one of ready.toSorted(byName)) {
    const bytes = one.cached.resource.entry.size;
    if (size + bytes > maxBytes) {
      batches.push([]);
      size = 0;
    }
    batches.at(-1)?.push(one);
    size += bytes;
  }
  return batches;
}

const byName = (a: Ready, b: Ready): number => (a.item.name < b.item.name ? -1 : 1);
