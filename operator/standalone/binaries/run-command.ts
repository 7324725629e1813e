import { spawn } from 'node:child_process';

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Called once a second with the whole seconds since the start. */
  readonly whileRunning?: (seconds: number) => void;
  /** After so many milliseconds the command is killed and counts as failed. */
  readonly timeout?: number;
}

export interface CommandResult {
  readonly ok: boolean;
  readonly stdout: string;
  /** Why it failed, in a line or a few: the end of its stderr, or why it could not be started. Empty where `ok`. */
  readonly reason: string;
}

/** Runs a command without a shell and without stdin. Never rejects: what went wrong is in the result. */
export function runCommand(command: string, args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const { promise, resolve } = Promise.withResolvers<CommandResult>();
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const startedAt = Date.now();
  const ticking = setInterval(() => options.whileRunning?.(Math.floor((Date.now() - startedAt) / 1000)), 1000);
  const deadline = options.timeout === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), options.timeout);
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  const finish = (failure: string | undefined): void => {
    clearInterval(ticking);
    clearTimeout(deadline);
    resolve({ ok: failure === undefined, stdout: Buffer.concat(stdout).toString(), reason: failure ?? '' });
  };
  child.on('error', (error: NodeJS.ErrnoException) => finish(error.code === 'ENOENT' ? `there is no \`${command}\` here` : error.message));
  child.on('close', (code, signal) => finish(code === 0 ? undefined : failureOf(code, signal, Buffer.concat(stderr).toString())));
  return promise;
}

function failureOf(code: number | null, signal: NodeJS.Signals | null, stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const end = signal === null ? `exit code ${code}` : `killed by ${signal}`;
  return [end, ...lines.slice(-5)].join('\n    ');
}
