import type { RefusedResource } from '../translators/inputs.ts';
import type { FleetState, NodeState, Transition } from '../xds/fleet-hub.ts';

/** Where one proxy stands with its configuration, in as much as statuses depend on it: no counts that move with every push. */
export interface ProxyStanding {
  readonly node: string;
  /** It once had everything: from then on it serves, if not always the newest. */
  readonly served: boolean;
  /** There is something that it has not taken for too long. */
  readonly lagging: boolean;
  readonly refused: readonly RefusedResource[];
}

interface Fleet {
  state: FleetState;
  readonly served: Set<string>;
  /** By node: the resources that it has not taken for too long. */
  readonly lagging: Map<string, Set<string>>;
}

/** The standings of the proxies that are connected to this process, by fleet. */
export class LocalStandings {
  readonly #fleets = new Map<string, Fleet>();

  delivery(fleet: string, state: FleetState): void {
    const known = this.#fleet(fleet);
    known.state = state;
    const present = new Set(state.nodes.map((node) => node.node));
    for (const node of known.served) if (!present.has(node)) known.served.delete(node);
    for (const node of known.lagging.keys()) if (!present.has(node)) known.lagging.delete(node);
    for (const node of whole(state)) known.served.add(node.node);
    if (present.size === 0) this.#fleets.delete(fleet);
  }

  /** Whether it changed anything. */
  transition({ fleet, node, type, name, state }: Transition): boolean {
    const lagging = state === 'lagging' ? this.#fleet(fleet).lagging : this.#fleets.get(fleet)?.lagging;
    if (lagging === undefined) return false;
    const late = lagging.get(node) ?? new Set();
    const id = `${type} ${name}`;
    if (state === 'lagging') {
      lagging.set(node, late.add(id));
      return true;
    }
    return late.delete(id) && late.size === 0 && lagging.delete(node);
  }

  fleets(): readonly string[] {
    return [...this.#fleets.keys()];
  }

  of(fleet: string): readonly ProxyStanding[] {
    const known = this.#fleets.get(fleet);
    return (known?.state.nodes ?? []).map(({ node, types }) => ({
      node,
      served: known?.served.has(node) === true,
      lagging: known?.lagging.has(node) === true,
      refused: Object.entries(types).flatMap(([type, { refused }]) => refused.map(({ name, message }) => ({ type, name, message }))),
    }));
  }

  #fleet(key: string): Fleet {
    const known = this.#fleets.get(key) ?? { state: { nodes: [] }, served: new Set(), lagging: new Map() };
    this.#fleets.set(key, known);
    return known;
  }
}

/** Those that have everything; where nothing is published yet there are none. */
const whole = ({ nodes, unpublished }: FleetState): readonly NodeState[] => (unpublished === true ? [] : nodes.filter(hasEverything));

/** Listeners and what they are made of have all been taken. */
const hasEverything = ({ types }: NodeState): boolean =>
  types.listener.subscribed &&
  [types.listener, types.routeConfiguration, types.extensionConfig].every(({ pending }) => pending.length === 0);
