/** Ports of a proxy beside those of its listeners (contract D.3). */
export const ADMIN_PORT = 19_000;
export const STATS_PORT = 19_001;
export const SHUTDOWN_PORT = 19_002;
export const READY_PORT = 19_003;
