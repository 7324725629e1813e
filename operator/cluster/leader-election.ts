import { type Clock, monotonicClock } from './clock.ts';
import { errorText } from './error-text.ts';
import type { KubeClient } from './kube-client.ts';
import { withStatus } from './kubernetes-error.ts';
import { type Leadership, NotLeadingError } from './leadership.ts';
import { claimBody, LEASE, type LeaseRecord, newLease, parseLease, releaseBody } from './lease.ts';
import { Rival } from './rival.ts';

export interface LeaderElectionOptions {
  readonly client: Pick<KubeClient, 'get' | 'create' | 'patch'>;
  readonly namespace: string;
  readonly name?: string;
  /** Of this process alone, also after a restart of its pod: the pod's name and something random. */
  readonly identity: string;
  /** `host:port` of the xDS server, for the other replicas; asked at each claim. */
  readonly address?: () => string | undefined;
  readonly times?: Partial<ElectionTimes>;
  readonly logger: { info(message: string): unknown; warn(message: string): unknown };
  /** Only differences count; must not follow corrections of the machine's clock. */
  readonly clock?: Clock;
  /** What is written for people to read, in milliseconds since the epoch. */
  readonly wallClock?: () => number;
  readonly random?: () => number;
}

/** Milliseconds; the contract's defaults (C.2). `renewMs` has to lie well below `leaseMs`: what is between is the time for writes under way to arrive. */
export interface ElectionTimes {
  /** How long others wait, after they saw the last renewal. */
  readonly leaseMs: number;
  /** How long a leader that cannot renew goes on. */
  readonly renewMs: number;
  readonly retryMs: number;
}

export const ELECTION_TIMES: ElectionTimes = { leaseMs: 15_000, renewMs: 10_000, retryMs: 2_000 };
/** The contract's name of the Lease (D.1). */
export const LEASE_NAME = '5b9825d2.gateway.envoyproxy.io';
/** Tries in a row where somebody else wrote the Lease at the same moment. */
const ATTEMPTS = 3;

interface Term {
  readonly controller: AbortController;
  /** By the clock of this process. */
  until: number;
  cancel: () => void;
}

/**
 * One leader among replicas, by a Lease (coordination.k8s.io). No two clocks are ever compared: a candidate waits until it has seen the Lease unchanged
 * for the lease duration by its own clock; a leader ends its term when the renew deadline has passed, by its own clock, since it *sent* the last renewal
 * that was confirmed. That is earlier, so long as the two clocks run about equally fast. A write goes out only from the version that was
 * judged (409 otherwise), so of two that take at once one gets it.
 */
export class LeaderElection implements Leadership {
  readonly #options: LeaderElectionOptions;
  readonly #times: ElectionTimes;
  readonly #clock: Clock;
  readonly #rival: Rival;
  readonly #leading: ((leading: boolean) => void)[] = [];
  readonly #holders: ((lease: LeaseRecord | undefined) => void)[] = [];
  readonly #stopping = new AbortController();
  #run: Promise<void> | undefined;
  #term: Term | undefined;
  /** Our own last write, where nothing newer is known. */
  #own: LeaseRecord | undefined;
  #shown: LeaseRecord | undefined;
  /** Whether a claim of ours is there, or may still arrive. */
  #mayHold = false;
  #writes = 0;
  #wake: () => void = () => undefined;
  #troubled = false;

  constructor(options: LeaderElectionOptions) {
    this.#options = options;
    this.#times = { ...ELECTION_TIMES, ...options.times };
    if (this.#times.renewMs >= this.#times.leaseMs || this.#times.retryMs >= this.#times.renewMs) {
      throw new Error('leaderElection: retryPeriod has to be shorter than renewDeadline, and renewDeadline shorter than leaseDuration.');
    }
    this.#clock = options.clock ?? monotonicClock;
    this.#rival = new Rival(options.identity, this.#times.leaseMs);
  }

  get term(): AbortSignal | undefined {
    // The timer is late after a freeze; the clock is not.
    if (this.#term !== undefined && this.#clock.now() >= this.#term.until) this.#lose('its lease could not be renewed in time');
    return this.#term?.controller.signal;
  }

  onLeading(listener: (leading: boolean) => void): void {
    this.#leading.push(listener);
    if (this.term !== undefined) listener(true);
  }

  /** Told who holds the Lease, and where it is reached, whenever that changes; undefined: nobody. */
  onHolder(listener: (lease: LeaseRecord | undefined) => void): void {
    this.#holders.push(listener);
  }

  /** Begins to stand for election, and does so until `stop`. */
  start(): void {
    this.#run ??= this.#campaign();
  }

  /** Looks at the Lease now: there is reason to think that it changed. */
  look(): void {
    this.#wake();
  }

  /** Ends the term and gives the Lease back, so that the next one need not wait. Everything that is still to be written has to be written before. Never rejects. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wake();
    await this.#run;
    this.#end();
    if (!this.#mayHold) return;
    await this.#release().catch((error: unknown) =>
      this.#options.logger.warn(`The Lease could not be given back: ${errorText(error)}. Others take it when it has run out.`),
    );
  }

  async #campaign(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      await this.#round();
      await this.#pause();
    }
  }

  async #round(): Promise<void> {
    try {
      for (let attempt = 0; attempt < ATTEMPTS && (await this.#attempt()) === 'again'; attempt += 1);
      if (this.#troubled) this.#options.logger.info('The Lease is read and written again.');
      this.#troubled = false;
    } catch (error) {
      // What we wrote last may or may not be what is there.
      this.#own = undefined;
      if (this.#stopping.signal.aborted) return;
      if (!this.#troubled) this.#options.logger.warn(`The Lease cannot be read or written, trying again. ${errorText(error)}`);
      this.#troubled = true;
    }
  }

  async #attempt(): Promise<'done' | 'again'> {
    const lease = this.#own ?? (await this.#read());
    this.#observe(lease);
    if (!this.#rival.mayBeReplaced(this.#clock.now())) return 'done';
    const sentAt = this.#clock.now();
    this.#mayHold = true;
    try {
      this.#own = await this.#claim(lease);
    } catch (error) {
      // Somebody wrote, made or deleted it meanwhile.
      if (withStatus(error, 404, 409) === undefined) throw error;
      this.#own = undefined;
      return 'again';
    }
    this.#observe(this.#own);
    this.#hold(sentAt + this.#times.renewMs);
    return 'done';
  }

  /** Undefined: there is none. */
  async #read(): Promise<LeaseRecord | undefined> {
    const { client, namespace } = this.#options;
    try {
      return parseLease(await this.#within((signal) => client.get(LEASE, `${namespace}/${this.#name}`, signal)));
    } catch (error) {
      if (withStatus(error, 404) === undefined) throw error;
      return undefined;
    }
  }

  async #claim(before: LeaseRecord | undefined): Promise<LeaseRecord> {
    const { client, namespace, identity: holder } = this.#options;
    const address = this.#options.address?.();
    const body = claimBody({ holder, address, durationMs: this.#times.leaseMs, before, time: this.#time() });
    if (before !== undefined) return this.#patch(before, body);
    const lease = newLease({ namespace, name: this.#name }, body, address);
    return parseLease(await this.#within((signal) => client.create(LEASE, lease, {}, { signal })));
  }

  async #patch({ resourceVersion }: LeaseRecord, body: ReturnType<typeof releaseBody>): Promise<LeaseRecord> {
    const { client, namespace } = this.#options;
    const versioned = { ...body, metadata: { ...body.metadata, resourceVersion } };
    return parseLease(
      await this.#within((signal) => client.patch(LEASE, `${namespace}/${this.#name}`, { type: 'merge', body: versioned }, { signal })),
    );
  }

  /** A renewal that is under way when we stop may arrive first: then the Lease is ours in another version. */
  async #release(): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const lease = this.#own ?? (await this.#read());
      this.#own = undefined;
      if (lease?.holder !== this.#options.identity) return;
      try {
        await this.#patch(lease, releaseBody(this.#time()));
        return;
      } catch (error) {
        if (withStatus(error, 404, 409) === undefined) throw error;
      }
    }
  }

  #observe(lease: LeaseRecord | undefined): void {
    const now = this.#clock.now();
    this.#rival.see(lease, now);
    if (lease?.holder !== this.#options.identity) this.#mayHold = false;
    if (this.#term !== undefined && lease?.holder !== undefined && lease.holder !== this.#options.identity) {
      this.#lose(`${lease.holder} holds the Lease`);
    }
    if (lease?.holder === this.#shown?.holder && lease?.address === this.#shown?.address) return;
    this.#shown = lease?.holder === undefined ? undefined : lease;
    for (const listener of this.#holders) listener(this.#shown);
  }

  #hold(until: number): void {
    const now = this.#clock.now();
    if (now >= until || this.#stopping.signal.aborted) return;
    const begins = this.term === undefined;
    const term = this.#term ?? { controller: new AbortController(), until, cancel: () => undefined };
    term.cancel();
    term.until = until;
    term.cancel = this.#clock.after(until - now, () => void this.term);
    this.#term = term;
    if (!begins) return;
    this.#options.logger.info(`${this.#options.identity} leads: it writes statuses and infrastructure`);
    for (const listener of this.#leading) listener(true);
  }

  #lose(why: string): void {
    this.#options.logger.warn(`${this.#options.identity} does not lead any more: ${why}`);
    this.#end();
  }

  #end(): void {
    const ended = this.#term;
    this.#term = undefined;
    ended?.cancel();
    ended?.controller.abort(new NotLeadingError('The term of this replica as the leader has ended.'));
    if (ended !== undefined) for (const listener of this.#leading) listener(false);
  }

  /** Followers come at different times, or they would all try at once. */
  #pause(): Promise<void> {
    if (this.#stopping.signal.aborted) return Promise.resolve();
    const { retryMs } = this.#times;
    const random = (this.#options.random ?? Math.random)();
    const wait = retryMs * (this.#term === undefined ? 1 + random / 2 : 1 - random / 5);
    return new Promise((resolve) => {
      const cancel = this.#clock.after(wait, () => this.#wake());
      this.#wake = () => {
        cancel();
        this.#wake = () => undefined;
        resolve();
      };
    });
  }

  /** A request has half of the renew deadline: so a second one fits in. Who stops does not wait for it, but for the last one, which gives the Lease back. */
  async #within<T>(request: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const late = new AbortController();
    const stopping = this.#stopping.signal;
    if (!stopping.aborted) stopping.addEventListener('abort', () => late.abort(new Error('the election ends')), { signal: late.signal });
    const cancel = this.#clock.after(this.#times.renewMs / 2, () => late.abort(new Error('the API server did not answer in time')));
    try {
      return await request(late.signal);
    } finally {
      cancel();
      late.abort();
    }
  }

  /** metav1.MicroTime; the digits below a millisecond count our writes, so that a clock that stands still makes no two writes equal. */
  #time(): string {
    this.#writes = (this.#writes + 1) % 1000;
    const wall = (this.#options.wallClock ?? Date.now)();
    return new Date(wall).toISOString().replace('Z', `${String(this.#writes).padStart(3, '0')}Z`);
  }

  get #name(): string {
    return this.#options.name ?? LEASE_NAME;
  }
}
