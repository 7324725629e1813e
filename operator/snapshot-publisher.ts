import type { FleetResource } from '../translators/gateway-api/route-configurations.ts';
import type { Collection } from '../translators/graph/collection.ts';
import type { Graph } from '../translators/graph/graph.ts';
import type { ResourceChange } from '../xds/resource.ts';

/** Takes one step of a fleet's snapshot. */
export type Publish = (fleet: string, changes: readonly ResourceChange[]) => void;

/** Gathers what the graphs commit and hands it on, fleet by fleet, as one step each. */
export class SnapshotPublisher {
  readonly #pending = new Map<string, ResourceChange[]>();
  readonly #publish: Publish;

  constructor(publish: Publish) {
    this.#publish = publish;
  }

  follow(graph: Graph, collection: Collection<FleetResource>): void {
    graph.onCommit(collection, (changes) => {
      for (const { previous, next } of changes) {
        if (next !== undefined) this.#add(next, next.resource);
        if (previous !== undefined && previous.resource.name !== next?.resource.name) this.#add(previous, undefined);
      }
    });
  }

  flush(): void {
    for (const [fleet, changes] of this.#pending) this.#publish(fleet, changes);
    this.#pending.clear();
  }

  #add({ fleet, resource: { type, name } }: FleetResource, resource: FleetResource['resource'] | undefined): void {
    const changes = this.#pending.get(fleet) ?? [];
    changes.push({ type, name, resource });
    this.#pending.set(fleet, changes);
  }
}
