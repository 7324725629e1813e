import type { Collection, First, Index } from '../../graph/collection.ts';
import type { Graph } from '../../graph/graph.ts';
import { type GatewayListener, terminatesTls } from '../listeners/listeners.ts';
import type { Attachment } from '../routes/route-attachment.ts';
import type { RouteRule } from '../routes/route-rule.ts';
import { isExternalReach } from './backend-object.ts';

/** A Gateway that reaches a port of a backend through some route, filter of a listener or telemetry. */
export interface ServiceReach {
  readonly gateway: string;
  /** `backendKey` or `externalReach` */
  readonly backend: string;
  /** Undefined: the only one of a ServiceImport or XBackend. */
  readonly port: number | undefined;
}

/** What else of a Gateway leads to backends: filters of listeners, and where spans go. */
export type Asking = Pick<ServiceReach, 'gateway'> & { readonly reaches: readonly string[] };

/**
 * Which Gateways reach a backend, whether or not requests may be sent to it: the ancestors of what is attached to it (GEP-713), and of an XBackend. Filed by `backend`,
 * one entry for each Gateway and port, however many routes there are.
 */
export function serviceReach(
  graph: Graph,
  attached: Collection<First<Attachment>>,
  listeners: Collection<GatewayListener>,
  { rules, asking }: { readonly rules: Index<RouteRule>; readonly asking: Collection<Asking> },
): Index<First<ServiceReach>> {
  const uses = graph.derive<First<Attachment>, ServiceReach>('serviceUses', attached, function* ({ winner }, fetch, key) {
    const reached = new Set(fetch.by(rules, winner.route).flatMap((rule) => rule.reaches));
    const listener = reached.size === 0 ? undefined : fetch.one(listeners, winner.listener);
    if (listener === undefined) return;
    for (const each of reached)
      if (isExternalReach(each) || readsOrEndsTls(listener)) yield [`${key}|${each}`, { gateway: listener.gateway, ...backendPort(each) }];
  });
  const asked = graph.derive<Asking, ServiceReach>('askedServices', asking, function* ({ gateway, reaches }, _fetch, key) {
    for (const reached of reaches) yield [`${key}|${reached}`, { gateway, ...backendPort(reached) }];
  });
  const reach = graph.first<ServiceReach>('serviceReach', graph.join('reachedServices', uses, asked), {
    by: ({ gateway, backend, port }) => [`${gateway}|${backend}|${port ?? ''}`],
  });
  return graph.index('reachByBackend', reach, ({ winner }) => [winner.backend]);
}

/** Bytes that go on as they came are nobody's to put TLS around, so that policies for Services have nothing to do with them. */
const readsOrEndsTls = (listener: GatewayListener): boolean => listener.protocol === 'HTTP' || terminatesTls(listener);

function backendPort(reached: string): Omit<ServiceReach, 'gateway'> {
  const cut = reached.lastIndexOf('/');
  const port = reached.slice(cut + 1);
  return { backend: reached.slice(0, cut), port: port === '' ? undefined : Number(port) };
}
