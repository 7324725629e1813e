/** Routes of every kind, as one: what they share is how they attach (`parentRefs`) and what their status looks like. */
import type { GRPCRoute } from './grpc-route.ts';
import type { HTTPRoute } from './http-route.ts';
import type { TCPRoute } from './tcp-route.ts';
import type { TLSRoute } from './tls-route.ts';
import type { UDPRoute } from './udp-route.ts';

/** Carries bytes or datagrams and knows nothing of requests. */
export type StreamRoute = TLSRoute | TCPRoute | UDPRoute;
export type Route = HTTPRoute | GRPCRoute | StreamRoute;
export type RouteKind = Route['kind'];

/** Each kind once; its group is Gateway API's. */
export const ROUTE_KINDS = ['HTTPRoute', 'GRPCRoute', 'TLSRoute', 'TCPRoute', 'UDPRoute'] as const satisfies readonly RouteKind[];

/** The hosts that a route asks for; a kind without hostnames asks for every one. */
export const hostnamesOf = (route: Route): readonly string[] => ('hostnames' in route.spec ? (route.spec.hostnames ?? []) : []);
