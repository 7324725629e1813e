import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface ProcessPlan {
  /** As an error message names it. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** A real process under test; it ends with `stop`, and in any case with the process that started it. */
export interface ManagedProcess {
  readonly pid: number;
  /** All that it has written to stdout and stderr so far. */
  readonly logs: () => string;
  readonly isRunning: () => boolean;
  /** Resolves when it has ended, for whatever reason, with its exit code or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** Sends `signal` and waits for the end; SIGKILL follows after `patience` milliseconds (10 s). */
  readonly stop: (signal?: NodeJS.Signals, patience?: number) => Promise<void>;
}

/** Starts a process. Rejects where the command cannot be started at all. */
export async function startProcess(plan: ProcessPlan): Promise<ManagedProcess> {
  const child = spawn(plan.command, plan.args, { cwd: plan.cwd, env: plan.env, stdio: ['ignore', 'pipe', 'pipe'] });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? code ?? -1));
  });
  await once(child, 'spawn').catch((error: Error) => {
    throw new Error(`${plan.name} cannot be started: ${error.message}`);
  });
  const pid = child.pid;
  if (pid === undefined) throw new Error(`${plan.name} was started without a process id`);
  guard(pid, ended);
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  return {
    pid,
    ended,
    isRunning,
    logs: () => Buffer.concat(output).toString(),
    stop: async (signal = 'SIGTERM', patience = 10_000) => {
      if (isRunning()) await stopChild(child, ended, signal, patience);
    },
  };
}

async function stopChild(child: ChildProcess, ended: Promise<unknown>, signal: NodeJS.Signals, patience: number): Promise<void> {
  child.kill(signal);
  const last = setTimeout(() => child.kill('SIGKILL'), patience);
  await ended;
  clearTimeout(last);
}

/**
 * A test runner that is killed cannot stop what it started. So a shell waits at a pipe from us, which closes when we are gone, however that came,
 * and kills the process then. It has a session of its own, out of reach of a Ctrl-C.
 */
function guard(pid: number, ended: Promise<unknown>): void {
  const shell = spawn('sh', ['-c', 'read -r _; kill -KILL "$1"', 'guard', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  shell.unref();
  void ended.then(() => shell.kill('SIGKILL'));
}
