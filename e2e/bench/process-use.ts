/** What a process has used, from Linux's /proc. */
export interface ProcessUse {
  /** User and system time since its start, in milliseconds. */
  readonly cpuMs: number;
  readonly rssMb: number;
}

const TICK_MS = 10;

/** Reads `/proc/<pid>/stat` and `/proc/<pid>/status`. */
export function processUse(stat: string, status: string): ProcessUse {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]);
  return { cpuMs: ticks * TICK_MS, rssMb: kilobytes / 1024 };
}
