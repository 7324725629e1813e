import type { FeatureFragment } from './feature-fragment.ts';
import type { ObjectRef } from './object-ref.ts';

/** What the requests of a route are. Calls of gRPC set their own deadlines and are told errors as UNAVAILABLE. */
export type RouteProtocol = 'http' | 'grpc';

export const requestProtocol = (routeKind: string): RouteProtocol => (routeKind === 'GRPCRoute' ? 'grpc' : 'http');

/** Whether routes of a kind tell requests apart; the others carry the bytes of connections as they are. */
export const isOfRequests = (routeKind: string): boolean => routeKind === 'HTTPRoute' || routeKind === 'GRPCRoute';

export type MatchType = 'Exact' | 'RegularExpression';

export interface PathMatch {
  readonly type: 'Exact' | 'PathPrefix' | 'RegularExpression';
  readonly value: string;
  /** The pattern as it is in the route, where `value` is a wider one that stands in for it: its place among others is by this. */
  readonly written?: string;
}

export interface ValueMatch {
  readonly type: MatchType;
  readonly name: string;
  readonly value: string;
  /** As in `PathMatch`. */
  readonly written?: string;
}

/** One `matches` entry of a rule, defaulted: a rule without matches has one with the path prefix `/`. */
export interface RouteMatchNode {
  readonly path: PathMatch;
  /** Lower-case names; the first entry of a name wins, as the specification asks. */
  readonly headers: readonly ValueMatch[];
  readonly queryParams: readonly ValueMatch[];
  readonly method?: string;
  /** Which calls of gRPC it takes, for precedence among them; `path` says the same to Envoy. */
  readonly call?: CallMatch;
}

/** Service and method of a call; absent: any. */
export interface CallMatch {
  readonly type: MatchType;
  readonly service?: string;
  readonly method?: string;
}

/** One backend's share of a rule. An invalid backend keeps its weight and answers with an error (GEP-1364, `backendRefs` of HTTPRoute and GRPCRoute). */
export type BackendShare =
  | { readonly kind: 'Cluster'; readonly cluster: string; readonly weight: number; readonly features: readonly FeatureFragment[] }
  | { readonly kind: 'Invalid'; readonly weight: number };

/** Durations in milliseconds; 0 switches a timeout off, absent leaves Envoy's default. */
export interface RouteTimeouts {
  /** Of a client's request, all that is tried for it together. */
  readonly requestMs?: number;
  /** Of one try. */
  readonly backendRequestMs?: number;
  /** Set where a request may be tried again. */
  readonly retries?: { readonly attempts: number; readonly backoffMs?: number };
}

/** One route of one virtual host: a rule's match with its action, named by the contract (reference D.5). */
export interface RouteNode {
  readonly kind: 'Route';
  /** `<kind in lower case>/<ns>/<name>/rule/<i>/match/<j>/<host with dots as underscores, or *>` */
  readonly name: string;
  readonly protocol: RouteProtocol;
  readonly match: RouteMatchNode;
  /** Empty, or all weights 0: the route answers with an error, unless a feature answers itself (redirect). */
  readonly backends: readonly BackendShare[];
  readonly timeouts: RouteTimeouts;
  readonly features: readonly FeatureFragment[];
  /** Clusters that must be there before it, besides those that it sends to. */
  readonly requires?: readonly string[];
  /** The scheme and port of the listener that serves it: a redirect without a port needs both. */
  readonly listener: { readonly scheme: 'http' | 'https'; readonly port: number };
  /** The virtual host that it is in: an exact host, `*.x` or `*`. A redirect to another port names an exact one instead of the client's `host:port`. */
  readonly host?: string;
  readonly origin: ObjectRef;
}
