import { setTimeout as sleep } from 'node:timers/promises';
import { type AdminAddress, askAdmin } from '../standalone/envoy-admin.ts';
import { errorCode, errorText } from '../standalone/system-error.ts';
import type { SidecarLog } from './sidecar-log.ts';

export interface DrainOptions {
  readonly admin: AdminAddress;
  /** How long health checks go on to succeed, so that load balancers take the proxy out by the endpoint first. 0: they fail at once. */
  readonly healthCheckFailureDelayMs: number;
  /** The longest that the drain takes. */
  readonly drainTimeoutMs: number;
  /** The shortest: until then new connections may come, because not everybody knows yet. */
  readonly minDrainDurationMs: number;
  /** So many connections may be left. */
  readonly exitAtConnections: number;
  readonly log: SidecarLog;
  /** Aborted: there is no time any more. */
  readonly stop: AbortSignal;
}

/** `gone`: Envoy does not run (any more). */
export type DrainEnd = 'drained' | 'timeout' | 'gone' | 'stopped';

const LOOK_MS = 1000;
const CONNECTIONS = 'server.total_connections';
/** So often in a row nobody listens on the admin port, and Envoy is taken for gone. */
const REFUSALS = 2;

/**
 * Drains an Envoy (contract C.4): it goes on to serve, tells every client with its next answer to go, and fails its health checks; this waits until
 * the connections are gone. Never rejects: what Envoy does not do is logged, and the time limit holds.
 */
export async function drainProxy(options: DrainOptions): Promise<DrainEnd> {
  const drain = new Drain(options);
  if (options.healthCheckFailureDelayMs > 0) await drain.post('/drain_listeners?graceful&skip_exit');
  for (;;) {
    const end = await drain.look();
    if (end !== undefined) return end;
    await drain.pause();
  }
}

class Drain {
  readonly #options: DrainOptions;
  readonly #begun = performance.now();
  #failing = false;
  #refusals = 0;

  constructor(options: DrainOptions) {
    this.#options = options;
  }

  async look(): Promise<DrainEnd | undefined> {
    const { healthCheckFailureDelayMs, drainTimeoutMs, minDrainDurationMs, exitAtConnections, log, stop } = this.#options;
    if (stop.aborted) return 'stopped';
    if (!this.#failing && this.#elapsed() >= healthCheckFailureDelayMs) this.#failing = await this.post('/healthcheck/fail');
    const connections = await this.#connections();
    if (this.#refusals >= REFUSALS) return 'gone';
    log('info', 'draining', { connections, seconds: Math.round(this.#elapsed() / 1000) });
    if (this.#failing && this.#elapsed() >= minDrainDurationMs && connections !== undefined && connections <= exitAtConnections)
      return 'drained';
    return this.#elapsed() >= drainTimeoutMs ? 'timeout' : undefined;
  }

  /** Until the next look; not past the time limit. */
  async pause(): Promise<void> {
    const { drainTimeoutMs, stop } = this.#options;
    const ms = Math.min(LOOK_MS, Math.max(0, drainTimeoutMs - this.#elapsed()));
    await sleep(ms, undefined, { signal: stop }).catch(() => undefined);
  }

  /** Whether Envoy did it. */
  async post(path: string): Promise<boolean> {
    return (await this.#ask('POST', path)) !== undefined;
  }

  /** undefined: Envoy does not say. */
  async #connections(): Promise<number | undefined> {
    const body = await this.#ask('GET', `/stats?filter=${encodeURIComponent(`^${CONNECTIONS.replaceAll('.', '\\.')}$`)}`);
    const count = body === undefined ? undefined : /^\S+: (\d+)$/m.exec(body)?.[1];
    if (body !== undefined && count === undefined) {
      this.#options.log('warn', `Envoy does not count ${CONNECTIONS}: its statistics are limited in the bootstrap, let this one through`);
    }
    return count === undefined ? undefined : Number(count);
  }

  async #ask(method: string, path: string): Promise<string | undefined> {
    try {
      const { status, body } = await askAdmin(this.#options.admin, method, path);
      this.#refusals = 0;
      if (status === 200) return body;
      this.#options.log('warn', `Envoy's admin interface answers ${status} to ${method} ${path}: ${body.trim()}`);
    } catch (error) {
      this.#refusals = errorCode(error) === 'ECONNREFUSED' ? this.#refusals + 1 : 0;
      this.#options.log('warn', `Envoy's admin interface does not answer: ${errorText(error)}`);
    }
    return undefined;
  }

  #elapsed(): number {
    return performance.now() - this.#begun;
  }
}
