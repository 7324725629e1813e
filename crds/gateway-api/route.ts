/** Routes of every kind, as one: what they share is how they attach (`parentRefs`) and what their status looks like. */
import type { HTTPRoute } from './http-route.ts';

export type Route = HTTPRoute;
export type RouteKind = Route['kind'];

/** Each kind once; its group is Gateway API's. */
export const ROUTE_KINDS = ['HTTPRoute'] as const satisfies readonly RouteKind[];
