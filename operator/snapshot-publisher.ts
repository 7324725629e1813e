import type { FleetResource } from '../translators/gateway-api/routes/route-configurations.ts';
import type { Collection } from '../translators/graph/collection.ts';
import type { Graph } from '../translators/graph/graph.ts';
import type { ResourceChange } from '../xds/resource.ts';

/** Takes one step of a fleet's snapshot. */
export type Publish = (fleet: string, changes: readonly ResourceChange[]) => void;

const idOf = ({ fleet, resource: { type, name } }: FleetResource): string => JSON.stringify([fleet, type, name]);

/** Gathers what the graphs commit and hands it on, fleet by fleet, as one step each. */
export class SnapshotPublisher {
  readonly #pending = new Map<string, ResourceChange[]>();
  readonly #publish: Publish;

  constructor(publish: Publish) {
    this.#publish = publish;
  }

  /** A name may move from one key to another in one commit (a listener whose port changes keeps its name): then it is not removed. */
  follow(graph: Graph, collection: Collection<FleetResource>): void {
    graph.onCommit(collection, (changes) => {
      const present = new Set(changes.flatMap(({ next }) => (next === undefined ? [] : [idOf(next)])));
      for (const { previous, next } of changes) {
        if (next !== undefined) this.#add(next, next.resource);
        if (previous !== undefined && !present.has(idOf(previous))) this.#add(previous, undefined);
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
