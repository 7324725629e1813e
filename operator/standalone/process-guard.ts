import { spawn } from 'node:child_process';

/**
 * Waits for a word on its standard input. A word means that the process has ended by itself; the end of the input means that we are gone, however
 * hard we died, and that the process has to go too: politely, and after three seconds not.
 */
const SCRIPT = 'read -r word && exit 0; kill -TERM "$1" 2>/dev/null || exit 0; sleep 3; kill -KILL "$1" 2>/dev/null';

/** A tiny shell that ends a process when this one dies without a chance to. */
export interface ProcessGuard {
  /** The process has ended: there is nothing left to guard. */
  dismiss(): void;
}

/** Guards `pid` until `dismiss`. */
export function guardProcess(pid: number): ProcessGuard {
  // A session of its own: Ctrl-C in a terminal reaches all processes of the foreground group, and the guard has to outlive this one.
  const guard = spawn('/bin/sh', ['-c', SCRIPT, 'gatehouse-guard', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
  });
  guard.on('error', () => undefined);
  guard.stdin.on('error', () => undefined);
  guard.unref();
  return { dismiss: () => guard.stdin.end('ended\n') };
}
