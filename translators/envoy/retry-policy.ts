import { PreviousHostsPredicateSchema } from '../../xds/proto/gen/envoy/extensions/retry/host/previous_hosts/v3/previous_hosts_pb.ts';
import type { RouteTimeouts } from '../ir/route-node.ts';
import { durationOf } from './duration.ts';
import { pack } from './pack.ts';
import type { RetryPolicyInit } from './route-fragment.ts';

type Retries = NonNullable<RouteTimeouts['retries']>;

/** Envoy's default (`RetryPolicy.retry_back_off`). */
const DEFAULT_BASE_MS = 25;
/** The longest wait is so many times the base: Envoy's default, and the contract's. */
const MAX_OVER_BASE = 10;

/** Connections that fail, break off or, with a limit of their own for each try, answer too late (HTTPRouteRetry, "connection errors"). */
const CONNECTION_ERRORS = 'connect-failure,refused-stream,reset';

const PREVIOUS_HOSTS = {
  name: 'envoy.retry_host_predicates.previous_hosts',
  configType: { case: 'typedConfig', value: pack(PreviousHostsPredicateSchema) },
} as const;

/** Another endpoint is looked for so many times before the same one is tried again (contract D.6). */
const OTHER_HOST_ATTEMPTS = 5n;

/** Retries on connection errors and on these status codes, each on another endpoint where there is one. */
export function retryPolicyOf(retries: Retries, codes: readonly number[], backendRequestMs: number | undefined): RetryPolicyInit {
  const baseMs = baseIntervalMs(retries);
  return {
    retryOn: codes.length === 0 ? CONNECTION_ERRORS : `${CONNECTION_ERRORS},retriable-status-codes`,
    retriableStatusCodes: [...codes],
    numRetries: retries.attempts,
    ...(backendRequestMs === undefined || backendRequestMs === 0 ? {} : { perTryTimeout: durationOf(backendRequestMs) }),
    ...(retries.backoffMs === undefined
      ? {}
      : { retryBackOff: { baseInterval: durationOf(baseMs), maxInterval: durationOf(baseMs * MAX_OVER_BASE) } }),
    retryHostPredicate: [PREVIOUS_HOSTS],
    hostSelectionRetryMaxAttempts: OTHER_HOST_ATTEMPTS,
  };
}

/** How long all waits between the tries together last at most. */
export const longestWaitMs = (retries: Retries): number => retries.attempts * baseIntervalMs(retries) * MAX_OVER_BASE;

/**
 * Envoy has no wait of a fixed length: it draws each one evenly between nothing and the interval, which is the base for the first retry and
 * doubles from then on. With twice the wanted wait for a base the first wait lasts that long on average.
 */
const baseIntervalMs = ({ backoffMs }: Retries): number => (backoffMs === undefined ? DEFAULT_BASE_MS : Math.max(1, 2 * backoffMs));
