import { type Gate, type Moment, removalGate, settledRevision, updateGate } from './ads-order.ts';
import type { Limits } from './limits.ts';
import { markSent, type ProxyResource } from './proxy-resource.ts';
import { ProxyType, type ProxyVerdict, type TypeSummary } from './proxy-type.ts';
import type { Resource, ResourceType } from './resource.ts';
import { type AppliedChange, type FleetView, resourceTypes } from './resource-cache.ts';
import { type Ready, splitBySize } from './response-batches.ts';
import type { DeltaRequest } from './subscription.ts';

/** A response to be written: resources, removed names, of listeners both, or nothing at all: an answer that there is nothing. */
export interface DeltaResponse {
  readonly type: ResourceType;
  readonly nonce: string;
  readonly resources: readonly Resource[];
  readonly removed: readonly string[];
}

export interface ProxyStateOptions {
  /** The table of the proxy's fleet; undefined while the fleet is not known. */
  readonly view: () => FleetView | undefined;
  readonly limits: Limits;
  /** Begins every nonce, so that those of an earlier stream are not mistaken for this one's. */
  readonly noncePrefix: string;
  readonly report: (verdict: ProxyVerdict) => void;
}

/**
 * One proxy on one stream: takes requests and commits in, gives responses out when asked. A pure state machine; time comes
 * in as a number. What it does not give out now is not queued but computed anew next time, so a slow proxy gets the newest.
 */
export class ProxyState {
  readonly #options: ProxyStateOptions;
  readonly #types: ReadonlyMap<ResourceType, ProxyType>;
  /** Load assignments of clusters that were sent before the proxy subscribed to any: it waits for them whatever it has. */
  readonly #owed = new Set<string>();
  #known = false;
  #nonces = 0;
  #wakeAt: number | undefined;
  #lagAt: number | undefined;

  constructor(options: ProxyStateOptions) {
    this.#options = options;
    this.#types = new Map(resourceTypes.map((type) => [type, new ProxyType(type, options.report)]));
  }

  /** When `tick` and `next` are to be called again though nothing happens. */
  get wakeAt(): number | undefined {
    if (this.#wakeAt === undefined || this.#lagAt === undefined) return this.#wakeAt ?? this.#lagAt;
    return Math.min(this.#wakeAt, this.#lagAt);
  }

  readonly type = (type: ResourceType): ProxyType => {
    const found = this.#types.get(type);
    if (found === undefined) throw new Error(`xDS resource type ${type} is not known`);
    return found;
  };

  receive(request: DeltaRequest, now: number): void {
    const type = this.type(request.type);
    const view = this.#view();
    const answered = request.nonce === '' ? [] : type.answer(request.nonce, request.error);
    const change = type.subscribe(request);
    if (request.type === 'loadAssignment' && change.first) this.#askForOwed(type, change.held.keys());
    this.#armLag(now);
    if (view === undefined || type.stale) return;
    for (const name of new Set([...answered, ...change.asked])) type.settle(name, view, now);
  }

  /** The proxy could not keep a resource that it took, and says so outside of the protocol; also before its first request. */
  lost(type: ResourceType, name: string, message: string, now: number): void {
    const view = this.#view();
    const found = this.type(type);
    found.lost(name, message);
    if (view !== undefined && found.subscription.started && !found.stale) found.settle(name, view, now);
  }

  commit(changes: readonly AppliedChange[], now: number): void {
    const view = this.#view();
    if (view === undefined) return;
    for (const { type: name, ...change } of changes) {
      const type = this.type(name);
      if (type.subscription.started && !type.stale)
        type.settle(change.name, view, now, change.next === undefined ? change.previous : undefined);
    }
    this.#armLag(now);
  }

  /** Everything that may go now, made one by one: what was taken from here counts as sent, what was not does not exist. */
  *next(now: number): Generator<DeltaResponse> {
    this.#wakeAt = undefined;
    const view = this.#view();
    if (view === undefined) return;
    const moment: Moment = { view, now, limits: this.#options.limits };
    const started = [...this.#types.values()].filter((type) => type.subscription.started);
    for (const type of started) if (type.stale) type.settleAll(view, now);
    for (const type of started) {
      if (type.type === 'listener') this.#retry(type, moment);
      yield* this.#updates(type, moment);
      yield* this.#removals(type, this.#dueRemovals(type, moment), moment);
      yield* this.#firstAnswer(type, moment);
    }
  }

  /** Notices what the proxy has not taken for too long. */
  tick(now: number): void {
    if (this.#lagAt === undefined || now < this.#lagAt) return;
    this.#lagAt = undefined;
    for (const type of this.#types.values()) {
      for (const place of ['send', 'isolate', 'flight'] as const) {
        for (const item of type.at(place).values()) this.#noticeLag(type.type, item, now);
      }
    }
  }

  /** What this proxy has not taken, by type. */
  summary(): Readonly<Record<ResourceType, TypeSummary>> {
    const of = (type: ResourceType): TypeSummary => this.type(type).summary();
    return {
      secret: of('secret'),
      cluster: of('cluster'),
      loadAssignment: of('loadAssignment'),
      listener: of('listener'),
      routeConfiguration: of('routeConfiguration'),
      extensionConfig: of('extensionConfig'),
    };
  }

  #noticeLag(type: ResourceType, item: ProxyResource, now: number): void {
    const resource = this.#view()?.get(type, item.name)?.resource;
    if (item.lagging || resource === undefined) return;
    const due = (item.behindSince ?? now) + this.#options.limits.lagMs;
    if (due > now) {
      this.#lagAt = Math.min(this.#lagAt ?? due, due);
      return;
    }
    item.lagging = true;
    const { name, version } = resource;
    const { resource: before, named: beforeVersion } = item.acked ?? {};
    this.#options.report({ state: 'lagging', type, name, version, resource, before, beforeVersion, message: undefined });
  }

  #armLag(now: number): void {
    this.#lagAt ??= now + this.#options.limits.lagMs;
  }

  /** The fleet's table; when it is there for the first time, everything is compared with it. */
  #view(): FleetView | undefined {
    const view = this.#options.view();
    if (view !== undefined && !this.#known) {
      this.#known = true;
      for (const type of this.#types.values()) type.stale = type.subscription.started;
    }
    return view;
  }

  /** What a listener is refused for may be the machine's fault, a port that somebody else has, and passes without a change of ours. */
  #retry(listeners: ProxyType, moment: Moment): void {
    const at = listeners.retry(moment);
    if (at !== undefined) this.#wakeAt = Math.min(this.#wakeAt ?? at, at);
  }

  *#updates(type: ProxyType, moment: Moment): Generator<DeltaResponse> {
    if (!this.#hasRoom(type)) return;
    const ready = [...type.at('send').values()].map((item) => this.#ready(type, item, moment)).filter((one) => one !== undefined);
    const leaving = type.type === 'listener' ? yield* this.#removeAhead(type, ready.length > 0, moment) : [];
    for (const [index, batch] of splitBySize(ready, moment.limits.maxResponseBytes).entries()) {
      if (!this.#hasRoom(type)) return;
      yield this.#sendUpdates(type, batch, moment, index === 0 ? leaving : []);
    }
    for (const item of type.at('isolate').values()) {
      if (!this.#hasRoom(type)) return;
      const one = this.#ready(type, item, moment);
      if (one !== undefined) yield this.#sendUpdates(type, [one], moment, []);
    }
  }

  /**
   * Sends the removals that cannot travel with a newcomer and answers those that can. They go ahead of all that comes: behind it the
   * newcomer would find its address still taken, and a refusal of something sent alone is for good.
   */
  *#removeAhead(type: ProxyType, company: boolean, moment: Moment): Generator<DeltaResponse, readonly ProxyResource[]> {
    const due = this.#dueRemovals(type, moment);
    const travels = (item: ProxyResource): boolean => company && !item.alone;
    const ahead = due.filter((item) => !travels(item));
    yield* this.#removals(type, ahead, moment);
    return due.filter(travels);
  }

  #hasRoom(type: ProxyType): boolean {
    return type.unanswered < this.#options.limits.maxInFlight;
  }

  #ready(type: ProxyType, item: ProxyResource, moment: Moment): Ready | undefined {
    const cached = moment.view.get(type.type, item.name);
    if (cached === undefined) return undefined;
    return this.#passes(updateGate(cached.resource, item, this.type, moment)) ? { item, cached } : undefined;
  }

  #passes(gate: Gate): boolean {
    if (typeof gate === 'object') this.#wakeAt = Math.min(this.#wakeAt ?? gate.until, gate.until);
    return gate === 'open';
  }

  /**
   * `leaving`: listeners that go in the same response. One that takes over the address of another can come only as that one goes, and
   * Envoy removes before it adds, handing the socket over; apart, the newcomer would be refused or the port be closed in between.
   */
  #sendUpdates(type: ProxyType, batch: readonly Ready[], moment: Moment, leaving: readonly ProxyResource[]): DeltaResponse {
    const { view, now } = moment;
    const nonce = this.#nonce();
    const removed = this.#markRemoved(type, leaving, nonce, moment);
    for (const { item, cached } of batch) {
      markSent(item, { nonce, resource: cached.resource, revision: cached.revision, sentAt: now });
      type.settle(item.name, view, now);
    }
    const resources = batch.map(({ cached }) => cached.resource);
    type.sent(nonce, [...resources.map((resource) => resource.name), ...removed]);
    if (type.type === 'cluster') for (const cluster of resources) this.#followWithEndpoints(cluster, view, now);
    return { type: type.type, nonce, resources, removed };
  }

  /** A changed cluster warms until its load assignment comes again, and Envoy's delta client does not ask for what it subscribes to already. */
  #followWithEndpoints(cluster: Resource, view: FleetView, now: number): void {
    const assignments = this.type('loadAssignment');
    for (const { type, name } of cluster.requires) {
      if (type !== 'loadAssignment') continue;
      if (!assignments.subscription.started) this.#owed.add(name);
      assignments.ask(name);
      if (!assignments.stale) assignments.settle(name, view, now);
    }
  }

  /**
   * Load assignments that the proxy needs although it has them: those of clusters that this stream was sent; and all, when it
   * asks for them before it asks for clusters. Envoy holds its requests for clusters back while one of them warms, and what
   * that one waits for may have been lost with the last stream.
   */
  #askForOwed(assignments: ProxyType, held: Iterable<string>): void {
    for (const name of this.type('cluster').subscription.started ? this.#owed : held) assignments.ask(name);
    this.#owed.clear();
  }

  *#removals(type: ProxyType, due: readonly ProxyResource[], moment: Moment): Generator<DeltaResponse> {
    if (!this.#hasRoom(type)) return;
    const together = due.filter((item) => !item.alone);
    if (together.length > 0) yield this.#sendRemovals(type, together, moment);
    for (const item of due) {
      if (!item.alone) continue;
      if (!this.#hasRoom(type)) return;
      yield this.#sendRemovals(type, [item], moment);
    }
  }

  #dueRemovals(type: ProxyType, moment: Moment): readonly ProxyResource[] {
    const waiting = [...type.at('remove').values()];
    if (waiting.length === 0) return [];
    const settled = settledRevision(type.type, this.type);
    return waiting.filter((item) => this.#passes(removalGate(type.type, item, settled, moment)));
  }

  #sendRemovals(type: ProxyType, items: readonly ProxyResource[], moment: Moment): DeltaResponse {
    const nonce = this.#nonce();
    const removed = this.#markRemoved(type, items, nonce, moment);
    type.sent(nonce, removed);
    return { type: type.type, nonce, resources: [], removed };
  }

  #markRemoved(type: ProxyType, items: readonly ProxyResource[], nonce: string, { view, now }: Moment): readonly string[] {
    for (const item of items) {
      markSent(item, { nonce, resource: undefined, revision: view.revision, sentAt: now });
      type.settle(item.name, view, now);
    }
    return items.map((item) => item.name).sort();
  }

  /** A proxy waits for the answer to its first request, also when there is nothing to say. What goes within a bound is worth waiting for. */
  *#firstAnswer(type: ProxyType, moment: Moment): Generator<DeltaResponse> {
    if (type.answered || this.#waitsForTime(type, moment)) return;
    const nonce = this.#nonce();
    type.sent(nonce, []);
    yield { type: type.type, nonce, resources: [], removed: [] };
  }

  #waitsForTime(type: ProxyType, moment: Moment): boolean {
    return type
      .at('send')
      .values()
      .some((item) => {
        const cached = moment.view.get(type.type, item.name);
        return cached !== undefined && updateGate(cached.resource, item, this.type, moment) !== 'shut';
      });
  }

  #nonce(): string {
    this.#nonces += 1;
    return `${this.#options.noncePrefix}-${this.#nonces}`;
  }
}
