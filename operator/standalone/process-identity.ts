import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A process by number and start time: numbers are given out again, both together are not. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startedAt: string;
}

/** Field 22 of /proc/<pid>/stat, counted after the name, which may hold spaces and brackets (proc(5)). */
function startOnLinux(pid: number): string | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // A zombie has ended; only its parent has not asked yet.
  return fields[0] === 'Z' ? undefined : fields[19];
}

function startTime(pid: number): string | undefined {
  try {
    if (process.platform === 'linux') return startOnLinux(pid);
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return undefined;
  }
}

/** Undefined where there is no such process. */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  const startedAt = startTime(pid);
  return startedAt === undefined ? undefined : { pid, startedAt };
}

export const isRunning = (process: ProcessIdentity): boolean => startTime(process.pid) === process.startedAt;

export const identityText = ({ pid, startedAt }: ProcessIdentity): string => `${pid} ${startedAt}\n`;

export function parseIdentity(text: string): ProcessIdentity | undefined {
  const [, pid, startedAt] = /^(\d+) (.+)$/m.exec(text) ?? [];
  return pid === undefined || startedAt === undefined ? undefined : { pid: Number(pid), startedAt };
}
