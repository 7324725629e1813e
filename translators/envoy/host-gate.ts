import type { Any } from '@bufbuild/protobuf/wkt';
import { CompositeSchema } from '../../xds/proto/gen/envoy/extensions/filters/http/composite/v3/composite_pb.ts';
import { wholeFilter } from './composite-slot.ts';
import type { HttpFilterSlot } from './http-filter-slot.ts';
import { pack } from './pack.ts';

/** What all requests of a virtual host pass before its routes are looked at. */
export interface HostGate {
  readonly typedPerFilterConfig: Readonly<Record<string, Any>>;
  /** Clusters that are asked. */
  readonly requires: readonly string[];
}

const slot = (place: number): HttpFilterSlot => ({
  name: `envoy.filters.http.composite/listener-${place}`,
  config: pack(CompositeSchema),
  disabled: false,
});

/**
 * First in every chain, so that nothing of a route runs before them. One for each filter: a chain of filters in one slot goes on behind the slot once
 * the first of them had to wait for its answer, and the others never run (Envoy 1.40).
 */
export const HOST_GATE_SLOTS: readonly HttpFilterSlot[] = [slot(0), slot(1)];

/**
 * @param filters whole filters of Envoy in the order in which they run, not more than there are slots
 * @param others the other slots of the chain: which of those that are disabled run is decided when a request comes in, by the route that it has
 *   then. Here the route may become another one, so that none may be left out.
 */
export function buildHostGate(filters: readonly Any[], requires: readonly string[], others: readonly HttpFilterSlot[]): HostGate {
  const own = filters.map((filter, place) => {
    const name = HOST_GATE_SLOTS[place]?.name;
    if (name === undefined) throw new Error(`There is no slot for filter ${place}`);
    return [name, wholeFilter(name, filter)] as const;
  });
  const idle = others.flatMap(({ name, idle: config }) => (config === undefined ? [] : [[name, config] as const]));
  return { typedPerFilterConfig: Object.fromEntries([...own, ...idle]), requires };
}
