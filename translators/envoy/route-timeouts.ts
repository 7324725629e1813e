import type { RouteActionSchema } from '../../xds/proto/gen/envoy/config/route/v3/route_components_pb.ts';
import type { RouteTimeouts } from '../ir/route-node.ts';
import { durationOf } from './duration.ts';
import type { MessageInit } from './message-init.ts';
import { longestWaitMs } from './retry-policy.ts';

const HOUR_MS = 3_600_000;
/** Envoy's own limit for a request whose route sets none. */
const DEFAULT_REQUEST_MS = 15_000;
/** Of requests that may last as long as they like. */
export const NO_LIMIT_MS = Number.MAX_SAFE_INTEGER;
/** Envoy counts a duration in nanoseconds, in 63 bits. */
const LONGEST_MS = 9e12;

/**
 * A call of gRPC lasts as long as its own deadline says (`grpc-timeout`), and for ever without one: Envoy's 15 seconds would cut streams. Only where
 * nothing moves for an hour there is nobody left.
 */
export const CALL_LIMITS: Pick<MessageInit<typeof RouteActionSchema>, 'timeout' | 'idleTimeout' | 'maxStreamDuration'> = {
  timeout: durationOf(0),
  idleTimeout: durationOf(HOUR_MS),
  maxStreamDuration: { grpcTimeoutHeaderMax: durationOf(0) },
};

/** A long request must not die of the five minutes that a stream may be idle (contract C.17, stream idle). */
export function timeoutFields(timeouts: RouteTimeouts): Pick<MessageInit<typeof RouteActionSchema>, 'timeout' | 'idleTimeout'> {
  const timeout = requestTimeoutMs(timeouts);
  if (timeout === undefined) return {};
  return { timeout: durationOf(timeout), idleTimeout: durationOf(timeout === 0 ? 0 : Math.max(HOUR_MS, timeout)) };
}

/** How long a request may last, in milliseconds: what a cluster outlives its last route by. */
export function longestRequestMs(timeouts: RouteTimeouts): number {
  const timeout = requestTimeoutMs(timeouts) ?? DEFAULT_REQUEST_MS;
  return timeout === 0 ? NO_LIMIT_MS : timeout;
}

/** Without retries a request is one backend request, so the shorter of both counts. 0: none; undefined: Envoy's 15 seconds. */
function requestTimeoutMs(timeouts: RouteTimeouts): number | undefined {
  const { requestMs, backendRequestMs, retries } = timeouts;
  if (retries !== undefined) return requestMs ?? (backendRequestMs === undefined ? undefined : allTriesMs(backendRequestMs, retries));
  const given = [requestMs, backendRequestMs].filter((value) => value !== undefined);
  const limits = given.filter((value) => value > 0);
  if (limits.length > 0) return Math.min(...limits);
  return given.length > 0 ? 0 : undefined;
}

/** A limit for each try and none for all of them: every try gets its time, and Envoy's 15 seconds cut none short. */
function allTriesMs(backendRequestMs: number, retries: NonNullable<RouteTimeouts['retries']>): number {
  if (backendRequestMs === 0) return 0;
  const all = backendRequestMs * (retries.attempts + 1) + longestWaitMs(retries);
  return Math.min(Math.max(DEFAULT_REQUEST_MS, all), LONGEST_MS);
}
