import { RESOURCE_TYPES, type Resource, type ResourceChange, type ResourceType } from './resource.ts';

/** A resource and the revision of its fleet at which it last changed. */
export interface CachedResource {
  readonly resource: Resource;
  readonly revision: number;
}

/** One resource of a commit, before and after; undefined where it did not exist or does not any more. */
export interface AppliedChange {
  readonly type: ResourceType;
  readonly name: string;
  readonly previous: Resource | undefined;
  readonly next: Resource | undefined;
}

/** What `update` or `removeFleet` did. `removed`: the fleet is not known any more. */
export interface Commit {
  readonly fleet: string;
  readonly revision: number;
  readonly changes: readonly AppliedChange[];
  readonly removed: boolean;
}

/** The current table of one fleet. Live: it shows later commits too. */
export interface FleetView {
  /** The last commit's number: 1, 2, 3, ... It says which of two changes came first in this process, nothing else. */
  readonly revision: number;
  get(type: ResourceType, name: string): CachedResource | undefined;
  names(type: ResourceType): Iterable<string>;
  resources(type: ResourceType): Iterable<Resource>;
}

export const resourceTypes = Object.keys(RESOURCE_TYPES) as readonly ResourceType[]; // Object.keys forgets the key type

class FleetTable implements FleetView {
  revision = 0;
  readonly #tables = new Map<ResourceType, Map<string, CachedResource>>(resourceTypes.map((type) => [type, new Map()]));

  #table(type: ResourceType): Map<string, CachedResource> {
    const table = this.#tables.get(type);
    if (table === undefined) throw new Error(`xDS resource type ${type} is not one of ${resourceTypes.join(', ')}`);
    return table;
  }

  get(type: ResourceType, name: string): CachedResource | undefined {
    return this.#table(type).get(name);
  }

  names(type: ResourceType): Iterable<string> {
    return this.#table(type).keys();
  }

  resources(type: ResourceType): Iterable<Resource> {
    return this.#table(type)
      .values()
      .map((cached) => cached.resource);
  }

  /** Undefined when there is nothing to send: what is not content (a grace) may change all the same. */
  apply(change: ResourceChange, revision: number): AppliedChange | undefined {
    const { type, name, resource: next } = change;
    const table = this.#table(type);
    const cached = table.get(name);
    const previous = cached?.resource;
    const same = previous?.version === next?.version;
    if (next === undefined) table.delete(name);
    else table.set(name, { resource: next, revision: same ? (cached?.revision ?? revision) : revision });
    return same ? undefined : { type, name, previous, next };
  }
}

/**
 * What each fleet's proxies are to hold. One `update` is one commit: watchers see it whole, with one revision.
 * A fleet that never had a commit is unknown, which is not the same as empty: nothing may be sent to it.
 */
export class ResourceCache {
  readonly #fleets = new Map<string, FleetTable>();
  readonly #watchers = new Set<(commit: Commit) => void>();

  /** Applies all changes as one commit. Changes that change nothing are left out; if none is left, there is no new revision, except the first one of a fleet. */
  update(fleet: string, changes: readonly ResourceChange[]): void {
    const table = this.#fleets.get(fleet) ?? new FleetTable();
    const first = !this.#fleets.has(fleet);
    const revision = table.revision + 1;
    const applied = changes.map((change) => table.apply(change, revision)).filter((change) => change !== undefined);
    if (applied.length === 0 && !first) return;
    table.revision = revision;
    this.#fleets.set(fleet, table);
    this.#notify({ fleet, revision, changes: applied, removed: false });
  }

  /** Forgets a fleet. Its proxies keep what they have; they get nothing until the fleet has a commit again. */
  removeFleet(fleet: string): void {
    const table = this.#fleets.get(fleet);
    if (table === undefined) return;
    this.#fleets.delete(fleet);
    const changes = sortedResources(table).map((previous) => ({ type: previous.type, name: previous.name, previous, next: undefined }));
    this.#notify({ fleet, revision: table.revision, changes, removed: true });
  }

  fleets(): readonly string[] {
    return [...this.#fleets.keys()].sort();
  }

  /** Undefined: the fleet is not known (yet). */
  view(fleet: string): FleetView | undefined {
    return this.#fleets.get(fleet);
  }

  /** All resources of a fleet, by type in the order of RESOURCE_TYPES, then by name. Undefined: the fleet is not known (yet). */
  snapshot(fleet: string): readonly Resource[] | undefined {
    const table = this.#fleets.get(fleet);
    return table === undefined ? undefined : sortedResources(table);
  }

  /** Calls `watcher` after each commit, in order. The answer ends it. */
  watch(watcher: (commit: Commit) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  #notify(commit: Commit): void {
    for (const watcher of [...this.#watchers]) watcher(commit);
  }
}

const byName = (a: Resource, b: Resource): number => (a.name < b.name ? -1 : 1);

function sortedResources(table: FleetView): Resource[] {
  return resourceTypes.flatMap((type) => [...table.resources(type)].sort(byName));
}
