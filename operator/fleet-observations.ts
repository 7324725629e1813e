import type { Source } from '../translators/graph/collection.ts';
import type { FleetObservation } from '../translators/inputs.ts';
import type { FleetState, NodeState, Transition } from '../xds/fleet-hub.ts';

/** What runs the proxies says of a fleet. */
export interface InfrastructureObservation {
  readonly proxies: number;
  /** Proxies that are up, whatever they have been told. */
  readonly ready: number;
  readonly addresses?: readonly string[];
  /** Why proxies are missing. */
  readonly problem?: string;
}

interface Fleet {
  infrastructure: InfrastructureObservation | undefined;
  delivery: FleetState;
  /** Nodes that once had everything: from then on they serve, if not always the newest. */
  readonly served: Set<string>;
  /** Resources that a node has not taken for too long. */
  readonly lagging: Map<string, Set<string>>;
}

const NOTHING: FleetState = { nodes: [] };

/**
 * Joins what the infrastructure and the xDS server know of a fleet into one fact of the graph. Counts and transitions only: what
 * changes with every push does not enter.
 */
export class FleetObservations {
  readonly #source: Source<FleetObservation>;
  readonly #wake: () => void;
  readonly #fleets = new Map<string, Fleet>();

  constructor(source: Source<FleetObservation>, wake: () => void) {
    this.#source = source;
    this.#wake = wake;
  }

  infrastructure(fleet: string, observation: InfrastructureObservation | undefined): void {
    this.#fleet(fleet).infrastructure = observation;
    if (observation === undefined) this.#fleets.delete(fleet);
    this.#tell(fleet);
  }

  delivery(fleet: string, state: FleetState): void {
    const known = this.#fleet(fleet);
    known.delivery = state;
    const present = new Set(state.nodes.map((node) => node.node));
    for (const node of known.served) if (!present.has(node)) known.served.delete(node);
    for (const node of known.lagging.keys()) if (!present.has(node)) known.lagging.delete(node);
    for (const node of state.nodes) if (hasEverything(node)) known.served.add(node.node);
    this.#tell(fleet);
  }

  transition({ fleet, node, type, name, state }: Transition): void {
    const { lagging } = this.#fleet(fleet);
    const late = lagging.get(node) ?? new Set();
    if (state === 'lagging') lagging.set(node, late.add(`${type} ${name}`));
    else if (late.delete(`${type} ${name}`) && late.size === 0) lagging.delete(node);
    else return;
    this.#tell(fleet);
  }

  #fleet(key: string): Fleet {
    const known = this.#fleets.get(key) ?? { infrastructure: undefined, delivery: NOTHING, served: new Set(), lagging: new Map() };
    this.#fleets.set(key, known);
    return known;
  }

  #tell(key: string): void {
    this.#source.put(key, observationOf(this.#fleets.get(key)));
    this.#wake();
  }
}

/** Listeners and their routes have all been taken. */
const hasEverything = ({ types }: NodeState): boolean =>
  types.listener.subscribed && types.listener.pending.length === 0 && types.routeConfiguration.pending.length === 0;

function observationOf(fleet: Fleet | undefined): FleetObservation | undefined {
  if (fleet?.infrastructure === undefined) return undefined;
  const { proxies, ready, addresses, problem } = fleet.infrastructure;
  const refused = fleet.delivery.nodes.flatMap(({ types }) =>
    Object.entries(types).flatMap(([type, summary]) => summary.refused.map(({ name, message }) => ({ type, name, message }))),
  );
  return {
    proxies,
    ready: Math.min(ready, fleet.served.size),
    addresses,
    ...(problem === undefined ? {} : { problem }),
    refused: [...new Map(refused.map((each) => [`${each.type} ${each.name}`, each])).values()],
    lagging: [...fleet.lagging.keys()].sort(),
  };
}
