import type { HTTPRouteRetry } from '../../../crds/gateway-api/http-route.ts';
import { retryPolicyOf } from '../../envoy/retry-policy.ts';
import { ok, refused } from '../../ir/result.ts';
import { defineFeature } from '../policy-feature.ts';
import { unsupportedValue } from '../unsupported.ts';

interface Retry {
  /** Sorted. */
  readonly codes: readonly number[];
}

/** What is retried where no code is given (contract B.7, `retryOn`). */
const DEFAULT_CODES: readonly number[] = [503];
/** Envoy counts retries in 32 bits. */
const MAX_ATTEMPTS = 2 ** 32 - 1;

/** HTTPRoute `rules[].retry` (GEP-1731; experimental before v1.7.0). How often and how far apart stands with the timeouts, which depend on it. */
export const retry = defineFeature<HTTPRouteRetry, Retry>({
  owner: 'HTTPRoute',
  of: 'rule',
  field: 'retry',
  doc: 'Sends a request again where the connection failed, the backend took too long (timeouts.backendRequest) or answered one of the codes; default: once, on 503; `attempts: 0` sends nothing again. A connection that breaks off, or an answer that takes too long, is retried even where the backend may have processed the request: set no `retry` for requests that must not be made twice. The wait before the first retry is `backoff` on average, later ones are longer.',
  resolve: ({ codes, attempts = 0 }, { field }) =>
    attempts > MAX_ATTEMPTS
      ? refused(unsupportedValue(`Field ${field}.attempts is ${attempts}, and Envoy counts to ${MAX_ATTEMPTS}. Choose a smaller number.`))
      : ok({ codes: codes === undefined || codes.length === 0 ? DEFAULT_CODES : [...codes].sort((a, b) => a - b) }),
  emits: {
    route: ({ codes }, { timeouts: { retries, backendRequestMs } }) =>
      retries === undefined ? {} : { retry: retryPolicyOf(retries, codes, backendRequestMs) },
  },
});
