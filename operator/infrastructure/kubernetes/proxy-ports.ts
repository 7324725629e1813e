/** Ports of a proxy beside those of its listeners (contract D.3). */
export const ADMIN_PORT = 19_000;
export const STATS_PORT = 19_001;
export const SHUTDOWN_PORT = 19_002;
export const READY_PORT = 19_003;

/** A listener of a Gateway must not lead to any of them: behind them are metrics, and the switches of the proxy. */
export const RESERVED_PORTS: ReadonlySet<number> = new Set([ADMIN_PORT, STATS_PORT, SHUTDOWN_PORT, READY_PORT]);
