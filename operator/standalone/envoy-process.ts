import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'winston';
import { BACKOFF, Backoff } from '../cluster/backoff.ts';
import type { Clock } from '../cluster/clock.ts';
import { sleep } from '../cluster/clock.ts';
import { unknownFieldFlags } from '../infrastructure/unknown-fields.ts';
import type { EnvoyAdmin } from './envoy-admin.ts';
import { envoyAdmin } from './envoy-admin.ts';
import { type DroppedListener, ENVOY_LOG_FORMAT, EnvoyLog } from './envoy-log.ts';
import { guardProcess } from './process-guard.ts';
import { identifyProcess } from './process-identity.ts';
import type { RuntimeDirectory } from './runtime-directory.ts';
import { errorText } from './system-error.ts';

const POLL_MS = 50;
/** After SIGTERM, before SIGKILL. */
const TERMINATE_MS = 5000;

export interface EnvoySettings {
  readonly binary: string;
  /** `node.cluster`: `<ns>/<gateway>` */
  readonly fleet: string;
  /** `node.id` */
  readonly node: string;
  readonly directory: RuntimeDirectory;
  /** File name without ending of all that belongs to this proxy in `directory`. */
  readonly name: string;
  /** The longest that requests in flight are waited for on a stop. Milliseconds. */
  readonly drainMs: number;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Asked before each start: why it would be in vain, with the cure. */
  readonly obstacle: () => Promise<string | undefined>;
  readonly onState: (state: ProxyState) => void;
  /** Told of each listener that it dropped although it had taken it. */
  readonly onDropped: (dropped: DroppedListener) => void;
}

/** Whether a proxy serves, and why it does not. */
export interface ProxyState {
  readonly ready: boolean;
  /** What is wrong and what cures it; it is tried again all the while. */
  readonly problem?: string;
}

/** Where a proxy's files are. */
export const bootstrapFile = (directory: string, name: string): string => join(directory, `${name}.bootstrap.pb`);
export const adminSocket = (directory: string, name: string): string => join(directory, `${name}.admin.sock`);

interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The program could not even be started. */
  readonly error?: Error;
}

const isAlive = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null;

const exitText = ({ code, signal, error }: Exit): string => {
  if (error !== undefined) return `cannot be started: ${error.message}`;
  return signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
};

const BIND = /cannot bind '([^']*)':? ?([^/`]*)/;

/** Why Envoy ended, in words that name the cure where it is known. */
export function deathProblem(how: string, lastWords: string): string {
  const [, address, why] = BIND.exec(lastWords) ?? [];
  if (address !== undefined) {
    const reason = why?.includes('in use') ? 'already in use by another process' : (why?.trim() ?? 'refused');
    return `Envoy cannot bind ${address}: ${reason}. Change the listener's port or stop that process.`;
  }
  return `Envoy ${how}${lastWords === '' ? '' : `: ${lastWords}`}. It is started again after a pause.`;
}

/** One Envoy as a child process: started, watched, started again with back-off when it dies, drained and ended on `stop`. */
export class EnvoyProcess {
  readonly #settings: EnvoySettings;
  readonly #admin: EnvoyAdmin;
  readonly #log: EnvoyLog;
  readonly #backoff = new Backoff();
  readonly #stopping = new AbortController();
  #child: ChildProcess | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(settings: EnvoySettings) {
    this.#settings = settings;
    this.#admin = envoyAdmin(adminSocket(settings.directory.path, settings.name));
    this.#log = new EnvoyLog(settings.logger, settings.fleet, settings.onDropped);
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Its bootstrap must be in `bootstrapFile` by now. Runs until `stop`. */
  start(): void {
    this.#running = this.#run();
  }

  /** Drains, then ends the process; resolves when it is gone. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const child = this.#child;
    if (child !== undefined) {
      await this.#drain(child);
      this.#log.ending();
      child.kill('SIGTERM');
      const { clock } = this.#settings;
      const cancel = clock.after(TERMINATE_MS, () => child.kill('SIGKILL'));
      await this.#running;
      cancel();
    }
    await this.#running;
  }

  /** Ends the process at once, whatever it is doing. */
  kill(): void {
    this.#stopping.abort();
    this.#child?.kill('SIGKILL');
  }

  async #run(): Promise<void> {
    const { clock, onState, obstacle } = this.#settings;
    while (!this.#stopping.signal.aborted) {
      const problem = (await obstacle()) ?? (await this.#live().catch((error: unknown) => `the proxy cannot be run: ${errorText(error)}.`));
      if (this.#stopping.signal.aborted) return;
      onState({ ready: false, problem });
      await sleep(clock, this.#backoff.next(), this.#stopping.signal);
    }
  }

  /** One life of the process. Answers what ended it. */
  async #live(): Promise<string> {
    const { directory, name, logger, fleet, clock } = this.#settings;
    await rm(adminSocket(directory.path, name), { force: true });
    if (this.#stopping.signal.aborted) return '';
    this.#log.forget();
    const { child, ended } = this.#spawn();
    const identity = child.pid === undefined ? undefined : identifyProcess(child.pid);
    // Without its note it runs as well: only a successor of a killed run would not find it, and that has the guard besides.
    const unnoted = (error: unknown): void => void logger.warn('the note of a process cannot be kept', { fleet, why: errorText(error) });
    if (identity !== undefined) await directory.note(name, identity).catch(unnoted);
    const over = new AbortController();
    // A process that lives this long has earned a quick start after its next death.
    const cancel = clock.after(BACKOFF.longest, () => this.#backoff.reset());
    const ready = this.#announceReady(over.signal);
    const exit = await ended;
    cancel();
    over.abort();
    await ready;
    await directory.forget(name).catch(unnoted);
    this.#child = undefined;
    if (this.#stopping.signal.aborted) logger.info('Envoy ended', { fleet, how: exitText(exit) });
    return deathProblem(exitText(exit), this.#log.lastWords());
  }

  #spawn(): { readonly child: ChildProcess; readonly ended: Promise<Exit> } {
    const { binary, fleet, node, directory, name } = this.#settings;
    const args = ['--config-path', bootstrapFile(directory.path, name), '--service-cluster', fleet, '--service-node', node];
    // One process never hands over to another here, and without hot restart many run side by side without shared memory to clash in.
    args.push(
      '--disable-hot-restart',
      '--drain-strategy',
      'immediate',
      '--log-level',
      'warning',
      '--log-format',
      ENVOY_LOG_FORMAT,
      '--log-format-escaped',
      ...unknownFieldFlags(),
    );
    // A session of its own: Ctrl-C is for us; Envoy would end on it at once, requests in flight or not.
    const child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true, cwd: directory.path });
    this.#child = child;
    const guard = child.pid === undefined ? undefined : guardProcess(child.pid);
    this.#log.follow(child.stdout, child.stderr);
    const ended = new Promise<Exit>((resolve) => {
      child.once('error', (error) => resolve({ code: null, signal: null, error }));
      child.once('close', (code, signal) => resolve({ code, signal }));
    });
    return { child, ended: ended.finally(() => guard?.dismiss()) };
  }

  async #announceReady(over: AbortSignal): Promise<void> {
    const { clock, onState, logger, fleet } = this.#settings;
    while (!over.aborted) {
      const state = await this.#admin.state().catch(() => 'no answer yet');
      if (over.aborted) return;
      if (state === 'LIVE') {
        logger.info('Envoy is ready', { fleet, pid: this.pid });
        return onState({ ready: true });
      }
      await sleep(clock, POLL_MS, over);
    }
  }

  /** Requests in flight are let finish, new ones still served; whoever has an idle connection keeps it no longer than that. */
  async #drain(child: ChildProcess): Promise<void> {
    const { clock, drainMs, logger, fleet } = this.#settings;
    const until = clock.now() + drainMs;
    const never = new AbortController().signal;
    try {
      await this.#admin.drain();
      while (isAlive(child) && clock.now() < until && (await this.#admin.active()) > 0) await sleep(clock, POLL_MS, never);
    } catch (error) {
      // It does not answer: it is starting, ending or stuck. SIGTERM is next in any case.
      logger.debug('Envoy was not drained', { fleet, error });
    }
  }
}
