import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { isNativeError } from 'node:util/types';
import { type buildConnector, Pool } from 'undici';

export interface Target {
  readonly host: string;
  /** Default: `/`. */
  readonly path?: string;
}

export interface TrafficOptions {
  /** Default: 127.0.0.1. */
  readonly address?: string;
  readonly port: number;
  /** Asked for in turn. */
  readonly targets: readonly Target[];
  /** How to get there from here, where it is not this machine's own 127.0.0.1. Without TLS. */
  readonly connect?: (port: number) => Socket;
  /** TLS: the certificates that are trusted; the first target's host is the SNI. */
  readonly ca?: readonly string[];
  /** Milliseconds after which it ends by itself; default: 90 s. */
  readonly longest?: number;
}

export interface Failure {
  /** Milliseconds since the traffic began. */
  readonly at: number;
  readonly connection: Connection;
  readonly target: string;
  /** Status and body, or what became of the connection. */
  readonly what: string;
}

/** `kept`: one for many requests; `fresh`: a new one for each request. */
export type Connection = 'kept' | 'fresh';

/** The traffic as `during` shows it to the work that it goes on beside. */
export interface Flow {
  /** Requests that have been answered, well or not. */
  readonly answered: () => number;
  /** Waits for this many further answers, so that what was done before is really met by requests. */
  readonly more: (answers: number) => Promise<void>;
}

export interface TrafficReport {
  readonly requests: number;
  /** Everything but 2xx. */
  readonly failures: readonly Failure[];
  /** How often the kept connections had to be made; as often as there are lanes unless the proxy closed some. */
  readonly connects: number;
  /** Answers by the `pod` of the echo backend that gave them. */
  readonly pods: ReadonlyMap<string, number>;
}

/** Lanes on kept connections; one more makes fresh ones. */
export const KEPT_LANES = 4;
/** A breath between two requests of a lane: constant traffic, not a benchmark. */
const PAUSE_MS = 2;
/** A proxy that stops answering, or work that never ends, ends the traffic and not the test runner's patience. */
const ANSWER_MS = 10_000;
const LONGEST_MS = 90_000;
const FAILURES_KEPT = 20;

/** Sends requests on kept and on fresh connections for as long as `work` takes. Rejects where `work` does. */
export async function during(options: TrafficOptions, work: (flow: Flow) => Promise<unknown>): Promise<TrafficReport> {
  const traffic = new Traffic(options);
  const lanes = [...Array.from({ length: KEPT_LANES }, () => traffic.lane('kept')), traffic.lane('fresh')];
  try {
    await traffic.more(lanes.length);
    await work(traffic);
    await traffic.more(lanes.length);
  } finally {
    traffic.stop();
    await Promise.all(lanes);
    await traffic.close();
  }
  return traffic.report();
}

/** In undici's words. */
const connector =
  (reach: () => Socket): buildConnector.connector =>
  (_, callback) => {
    const socket = reach();
    socket.once('connect', () => callback(null, socket));
    socket.once('error', (error) => callback(error, null));
  };

class Traffic implements Flow {
  readonly #targets: readonly Target[];
  readonly #longest: number;
  readonly #pools: Readonly<Record<Connection, Pool>>;
  readonly #started = Date.now();
  readonly #failures: Failure[] = [];
  readonly #pods = new Map<string, number>();
  #connects = 0;
  #sent = 0;
  #answered = 0;
  #stopped = false;

  constructor({ address = '127.0.0.1', port, targets, ca, longest = LONGEST_MS, connect: reach }: TrafficOptions) {
    this.#targets = targets;
    this.#longest = longest;
    const secured = ca === undefined ? {} : { connect: { ca: [...ca], servername: targets[0]?.host ?? '' } };
    const connect = reach === undefined ? secured : { connect: connector(() => reach(port)) };
    const options = { ...connect, allowH2: false, headersTimeout: ANSWER_MS, bodyTimeout: ANSWER_MS };
    const origin = `${ca === undefined ? 'http' : 'https'}://${address}:${port}`;
    this.#pools = {
      kept: new Pool(origin, { ...options, connections: KEPT_LANES, pipelining: 1 }),
      fresh: new Pool(origin, { ...options, connections: 1, pipelining: 0 }),
    };
    this.#pools.kept.on('connect', () => {
      this.#connects += 1;
    });
  }

  readonly answered = (): number => this.#answered;

  readonly more = async (answers: number): Promise<void> => {
    const goal = this.#answered + answers;
    while (this.#answered < goal) {
      if (this.#isOver()) throw new Error(`the traffic ended too early; failures: ${JSON.stringify(this.#failures.slice(0, 3))}`);
      await sleep(PAUSE_MS);
    }
  };

  async lane(connection: Connection): Promise<void> {
    while (!this.#isOver()) {
      const target = this.#targets[this.#sent % this.#targets.length];
      if (target === undefined) throw new Error('traffic needs a target');
      this.#sent += 1;
      await this.#send(connection, target);
      await sleep(PAUSE_MS);
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.#pools).map((pool) => pool.close()));
  }

  report(): TrafficReport {
    return { requests: this.#answered, failures: this.#failures, connects: this.#connects, pods: this.#pods };
  }

  #isOver(): boolean {
    return this.#stopped || this.#failures.length >= FAILURES_KEPT || Date.now() - this.#started > this.#longest;
  }

  async #send(connection: Connection, { host, path = '/' }: Target): Promise<void> {
    const at = Date.now() - this.#started;
    const fail = (what: string): unknown => this.#failures.push({ at, connection, target: host + path, what });
    try {
      const { statusCode, body } = await this.#pools[connection].request({ method: 'GET', path, headers: { host } });
      const text = await body.text();
      if (statusCode >= 200 && statusCode < 300) this.#count(text);
      else fail(`${statusCode} ${text}`);
    } catch (error) {
      fail(isNativeError(error) ? `${error.name}: ${error.message}` : String(error));
    }
    this.#answered += 1;
  }

  #count(body: string): void {
    const pod = /"pod": "([^"]*)"/.exec(body)?.[1] ?? '';
    this.#pods.set(pod, (this.#pods.get(pod) ?? 0) + 1);
  }
}
