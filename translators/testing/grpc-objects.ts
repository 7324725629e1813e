/** GRPCRoutes as they are after admission, like the objects of `objects.ts`. */
import type { GRPCRoute, GRPCRouteRule } from '../../crds/gateway-api/grpc-route.ts';
import { backendRef, CREATED, GATEWAY_API, named, parentRef, type RouteChoice, type RuleChoice } from './objects.ts';

export interface CallChoice {
  readonly service?: string;
  readonly method?: string;
  /** `<ns>/<service>` and port. */
  readonly backends?: RuleChoice['backends'];
}

export const callRule = ({ service, method, backends = [] }: CallChoice = {}): GRPCRouteRule => ({
  matches: [
    service === undefined && method === undefined
      ? {}
      : { method: { type: 'Exact', ...(service === undefined ? {} : { service }), ...(method === undefined ? {} : { method }) } },
  ],
  backendRefs: backends.map(backendRef),
});

export interface GrpcRouteChoice extends Omit<RouteChoice, 'rules'> {
  readonly rules?: readonly GRPCRouteRule[];
}

export const grpcRoute = (
  key: string,
  { hostnames, parents = ['infra/gw'], rules = [callRule()], created = CREATED }: GrpcRouteChoice = {},
): GRPCRoute => ({
  apiVersion: `${GATEWAY_API}/v1`,
  kind: 'GRPCRoute',
  metadata: named(key, { creationTimestamp: created }),
  spec: {
    parentRefs: parents.map(parentRef),
    ...(hostnames === undefined ? {} : { hostnames: [...hostnames] }),
    rules: [...rules],
  },
});
