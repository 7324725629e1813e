/** The server's bounds. Times in milliseconds. */
export interface Limits {
  /** How long a route configuration waits for the clusters that it newly needs. Then it goes without them. */
  readonly clusterWaitMs: number;
  /** Bounds of the time between a proxy's letting go of a resource and its removal. */
  readonly minGraceMs: number;
  readonly maxGraceMs: number;
  /** From when on a proxy that did not take what it should have counts as lagging. */
  readonly lagMs: number;
  /** Responses of one type that a proxy has not answered yet. */
  readonly maxInFlight: number;
  /** A response is split above this size; a resource that is larger goes alone. */
  readonly maxResponseBytes: number;
  /** A listener that was refused is sent again after `listenerRetryMs`, then after twice that, and so on up to `maxListenerRetryMs`. */
  readonly listenerRetryMs: number;
  readonly maxListenerRetryMs: number;
  /** How long it may take to find out who a proxy is. */
  readonly verdictMs: number;
  /** How long the Envoy version of the last proxy that went is remembered together with what it refused. */
  readonly forgetVersionMs: number;
}

export const DEFAULT_LIMITS: Limits = {
  clusterWaitMs: 5_000,
  minGraceMs: 5_000,
  maxGraceMs: 60_000,
  lagMs: 10_000,
  maxInFlight: 16,
  // gRPC clients refuse messages over 4 MiB unless told otherwise; the rest is room for names and the frame.
  maxResponseBytes: 4 * 1024 * 1024 - 64 * 1024,
  listenerRetryMs: 1_000,
  maxListenerRetryMs: 30_000,
  verdictMs: 10_000,
  forgetVersionMs: 600_000,
};
