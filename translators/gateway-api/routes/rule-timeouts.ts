import type { HTTPRouteRule } from '../../../crds/gateway-api/http-route.ts';
import type { RouteTimeouts } from '../../ir/route-node.ts';
import { durationMs } from '../duration.ts';

/** HTTPRoute `rules[].retry.attempts` where it is not given (Gateway API 1.7; before, it was left to the implementation). */
export const DEFAULT_ATTEMPTS = 1;

/** How long a request of a rule may take, its further tries among it (GEP-1742, GEP-1731). */
export function timeoutsOf({ timeouts, retry }: HTTPRouteRule): RouteTimeouts {
  const attempts = retry === undefined ? 0 : (retry.attempts ?? DEFAULT_ATTEMPTS);
  return {
    ...ofDuration('requestMs', timeouts?.request),
    ...ofDuration('backendRequestMs', timeouts?.backendRequest),
    ...(attempts === 0 ? {} : { retries: { attempts, ...ofDuration('backoffMs', retry?.backoff) } }),
  };
}

function ofDuration<Name extends string>(name: Name, text: string | undefined): Partial<Record<Name, number>> {
  const milliseconds = text === undefined ? undefined : durationMs(text);
  const found: Partial<Record<string, number>> = milliseconds === undefined ? {} : { [name]: milliseconds };
  return found;
}
