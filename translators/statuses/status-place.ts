import { ROUTE_KINDS } from '../../crds/gateway-api/route.ts';
import { routeKey, splitRouteKey } from '../ir/route-key.ts';

/** Collections of statuses, as the pipeline names them. */
export type StatusCollection =
  | 'backendTlsPolicies'
  | 'envoyProxies'
  | 'gatewayClasses'
  | 'gateways'
  | 'listenerSets'
  | 'telemetryPolicies'
  | 'trafficPolicies'
  | 'xBackends'
  | 'routes';

/** Where the status of an object is. */
export interface StatusPlace {
  readonly collection: StatusCollection;
  readonly key: string;
}

/** A kind and an object's key among those of its kind. */
export interface StatusOwner {
  readonly kind: string;
  readonly key: string;
}

const KINDS = {
  backendTlsPolicies: 'BackendTLSPolicy',
  envoyProxies: 'EnvoyProxy',
  gatewayClasses: 'GatewayClass',
  gateways: 'Gateway',
  listenerSets: 'ListenerSet',
  telemetryPolicies: 'XTelemetryPolicy',
  trafficPolicies: 'XBackendTrafficPolicy',
  xBackends: 'XBackend',
} as const;
const OWN_COLLECTIONS = [
  'backendTlsPolicies',
  'envoyProxies',
  'gatewayClasses',
  'gateways',
  'listenerSets',
  'telemetryPolicies',
  'trafficPolicies',
  'xBackends',
] as const;

export const STATUS_COLLECTIONS: readonly StatusCollection[] = [...OWN_COLLECTIONS, 'routes'];

/** Every kind whose status we write. */
export const STATUS_KINDS: readonly string[] = [...OWN_COLLECTIONS.map((collection) => KINDS[collection]), ...ROUTE_KINDS];

/** Undefined for a kind without a status of ours. */
export function statusPlace(kind: string, key: string): StatusPlace | undefined {
  const own = OWN_COLLECTIONS.find((collection) => KINDS[collection] === kind);
  if (own !== undefined) return { collection: own, key };
  return ROUTE_KINDS.some((each) => each === kind) ? { collection: 'routes', key: routeKey(kind, key) } : undefined;
}

export function statusOwner(collection: StatusCollection, key: string): StatusOwner {
  if (collection !== 'routes') return { kind: KINDS[collection], key };
  const { kind, object } = splitRouteKey(key);
  return { kind, key: object };
}
