import { type ChannelCredentials, type ChannelOptions, Client, type ClientWritableStream, type ServiceError } from '@grpc/grpc-js';
import { Backoff } from '../cluster/backoff.ts';
import type { Deliveries } from '../deliveries.ts';
import { REPORT_METHOD } from './deliveries-service.ts';
import { BEAT_MS } from './replica-reports.ts';
import { encodeReport, type Report } from './report.ts';

export interface DeliveryReporterOptions {
  readonly replica: string;
  readonly deliveries: Pick<Deliveries, 'local' | 'localVerdicts' | 'onLocal'>;
  /** How the leader's xDS server is reached; read for each connection. */
  readonly channel: () => { readonly credentials: ChannelCredentials; readonly options?: ChannelOptions };
  /** The leader does not take it (any more): there may be another one. */
  readonly onRefused: () => void;
  readonly logger: { info(message: string): unknown; warn(message: string): unknown };
}

/** What changed within this time goes in one message. Milliseconds. */
const COALESCE_MS = 100;
/** How long the leader's answer to the last word is waited for. Milliseconds. */
const LEAVE_MS = 1_000;

/** A follower's mouth: streams to the leader what this process's proxies took and refused; all of it on connecting, then what changes, and signs of life between. */
export class DeliveryReporter {
  readonly #options: DeliveryReporterOptions;
  readonly #backoff = new Backoff();
  /** What the leader was told last of each fleet. */
  readonly #told = new Map<string, string>();
  readonly #moved = new Set<string>();
  #verdictsMoved = false;
  #target: string | undefined;
  #client: Client | undefined;
  #call: ClientWritableStream<Buffer> | undefined;
  #blocked = false;
  #timer: NodeJS.Timeout | undefined;
  #soon: NodeJS.Timeout | undefined;
  #refusal: string | undefined;
  #left: () => void = () => undefined;

  constructor(options: DeliveryReporterOptions) {
    this.#options = options;
    options.deliveries.onLocal(({ fleet }) => {
      if (this.#call === undefined) return;
      if (fleet === undefined) this.#verdictsMoved = true;
      else this.#moved.add(fleet);
      this.#soon ??= setTimeout(() => this.#sendChanges(), COALESCE_MS).unref();
    });
  }

  /** Where the leader is: `host:port`; undefined: it is not known, or it is this process. */
  follow(address: string | undefined): void {
    if (address === this.#target) return;
    this.#target = address;
    this.#backoff.reset();
    this.#disconnect();
    if (address !== undefined) this.#connect(address);
  }

  /** Takes leave, so that the leader does not take it for a failure, and ends. */
  async stop(): Promise<void> {
    this.#target = undefined;
    const call = this.#call;
    if (call === undefined) return this.#disconnect();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#left = resolve;
    call.write(encodeReport({ replica: this.#options.replica, bye: true }));
    call.end();
    const late = setTimeout(resolve, LEAVE_MS);
    await promise;
    clearTimeout(late);
    this.#disconnect();
  }

  #connect(address: string): void {
    const { credentials, options } = this.#options.channel();
    const client = new Client(address, credentials, { 'grpc.keepalive_time_ms': 10_000, 'grpc.keepalive_timeout_ms': 5_000, ...options });
    this.#client = client;
    const call = client.makeClientStreamRequest(
      REPORT_METHOD,
      (bytes: Buffer) => bytes,
      (bytes) => bytes,
      (error: ServiceError | null) => this.#ended(call, error),
    );
    this.#call = call;
    call.on('drain', () => {
      this.#blocked = false;
      this.#sendChanges();
    });
    this.#sendAll();
    this.#timer = setInterval(() => this.#beat(), BEAT_MS).unref();
  }

  #disconnect(): void {
    clearInterval(this.#timer);
    clearTimeout(this.#soon);
    this.#soon = undefined;
    const call = this.#call;
    this.#call = undefined;
    call?.end();
    this.#client?.close();
    this.#client = undefined;
    this.#told.clear();
    this.#moved.clear();
    this.#blocked = false;
  }

  #ended(call: object, error: ServiceError | null): void {
    this.#left();
    if (call !== this.#call || this.#target === undefined) return;
    this.#disconnect();
    const details = error?.details ?? 'it ended the stream';
    if (details !== this.#refusal)
      this.#options.logger.warn(`The leader at ${this.#target} does not hear of this replica's proxies, trying again: ${details}`);
    this.#refusal = details;
    this.#options.onRefused();
    const address = this.#target;
    this.#timer = setTimeout(() => {
      if (address === this.#target && this.#call === undefined) this.#connect(address);
    }, this.#backoff.next()).unref();
  }

  #sendAll(): void {
    const { local, localVerdicts } = this.#options.deliveries;
    this.#verdictsMoved = false;
    this.#send({ whole: true, fleets: this.#news(local.fleets()), verdicts: localVerdicts });
  }

  /** While the connection takes no more, what changes is not queued: the newest state goes when there is room. */
  #sendChanges(): void {
    this.#soon = undefined;
    if (this.#blocked || this.#call === undefined) return;
    const fleets = this.#news(this.#moved);
    this.#moved.clear();
    const verdicts = this.#verdictsMoved ? { verdicts: this.#options.deliveries.localVerdicts } : {};
    this.#verdictsMoved = false;
    if (Object.keys(fleets).length > 0 || 'verdicts' in verdicts) this.#send({ fleets, ...verdicts });
  }

  #beat(): void {
    this.#backoff.reset();
    if (this.#refusal !== undefined) this.#options.logger.info(`The leader at ${this.#target} hears of this replica's proxies again.`);
    this.#refusal = undefined;
    if (!this.#blocked) this.#send({});
  }

  /** Of these fleets what the leader was not told yet. */
  #news(fleets: Iterable<string>): NonNullable<Report['fleets']> {
    const entries = [...fleets].map((fleet) => [fleet, this.#options.deliveries.local.of(fleet)] as const);
    const news = entries.filter(([fleet, standings]) => JSON.stringify(standings) !== (this.#told.get(fleet) ?? '[]'));
    for (const [fleet, standings] of news) this.#told.set(fleet, JSON.stringify(standings));
    return Object.fromEntries(news);
  }

  #send(report: Omit<Report, 'replica'>): void {
    if (this.#call?.write(encodeReport({ replica: this.#options.replica, ...report })) === false) this.#blocked = true;
  }
}
