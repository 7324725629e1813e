import type { EnvoyProxySpec } from '../../../crds/gateway-envoyproxy-io/envoy-proxy.ts';
import { durationMs } from '../../../translators/gateway-api/duration.ts';

/** How a proxy goes down (contract C.4). */
export interface ShutdownTimes {
  /** The flags of `gatehouse envoy shutdown` that differ from its own values. */
  readonly flags: readonly string[];
  /** The flags of `gatehouse envoy shutdown-manager`: it answers the kubelet for as long as the drain may take. */
  readonly managerFlags: readonly string[];
  readonly drainSeconds: number;
  /** When the kubelet kills what is left: well after the drain. */
  readonly graceSeconds: number;
}

const DRAIN_MS = 60_000;
const SPARE_SECONDS = 300;

export function shutdownTimes({ shutdown = {} }: EnvoyProxySpec): ShutdownTimes {
  const { drainTimeout, healthCheckFailureDelay, minDrainDuration } = shutdown;
  const drainMs = millis(drainTimeout) ?? DRAIN_MS;
  const delayMs = millis(healthCheckFailureDelay) ?? 0;
  const flag = (name: string, value: number | undefined): readonly string[] => (value === undefined ? [] : [`--${name}=${text(value)}`]);
  const longer = drainTimeout === undefined && delayMs === 0;
  return {
    flags: [
      ...flag('health-check-failure-delay', millis(healthCheckFailureDelay)),
      ...flag('drain-timeout', millis(drainTimeout)),
      ...flag('min-drain-duration', millis(minDrainDuration)),
    ],
    managerFlags: longer ? [] : flag('ready-timeout', drainMs + delayMs + 10_000),
    drainSeconds: seconds(drainMs),
    graceSeconds: seconds(drainMs + delayMs) + SPARE_SECONDS,
  };
}

const millis = (duration: string | undefined): number | undefined => (duration === undefined ? undefined : durationMs(duration));
const seconds = (ms: number): number => Math.ceil(ms / 1000);
const text = (ms: number): string => (ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`);
