import { appendFileSync } from 'node:fs';

/** Tells what happens beside a proxy: one JSON object a line, as the operator's own log has them. */
export type SidecarLog = (level: 'info' | 'warn' | 'error', message: string, fields?: object) => void;

/** What the container's first process writes to; the only output of a container that its log keeps. */
const CONTAINER_OUTPUT = '/proc/1/fd/1';

/**
 * A log on `write`. What a preStop hook writes is thrown away by the kubelet, so in a cluster (`inContainer`) it goes to the log of the container,
 * where that can be written.
 */
export function sidecarLog(logger: string, write: (line: string) => unknown, inContainer: boolean): SidecarLog {
  return (level, message, fields) => {
    const line = `${JSON.stringify({ timestamp: new Date().toISOString(), level, logger, message, ...fields })}\n`;
    if (!inContainer || process.pid === 1 || !appended(line)) write(line);
  };
}

function appended(line: string): boolean {
  try {
    appendFileSync(CONTAINER_OUTPUT, line);
    return true;
  } catch {
    return false; // it belongs to somebody else: said where it can be said
  }
}
