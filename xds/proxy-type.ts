import type { Moment } from './ads-order.ts';
import {
  catchUp,
  markAcked,
  markLost,
  markPlace,
  markRefused,
  markRetry,
  PLACES,
  type Place,
  type ProxyResource,
  placeOf,
  proxyResource,
  REMOVAL,
  retriedVersion,
} from './proxy-resource.ts';
import type { Resource, ResourceType } from './resource.ts';
import type { CachedResource, FleetView } from './resource-cache.ts';
import { type DeltaRequest, Subscription, type SubscriptionChange } from './subscription.ts';

/** What a proxy said of one version of one resource. `before` is what it held when it got it; undefined where that is not known. */
export interface ProxyVerdict {
  readonly state: 'synced' | 'refused' | 'lagging';
  readonly type: ResourceType;
  readonly name: string;
  readonly version: string;
  /** Undefined: it is about a removal. */
  readonly resource: Resource | undefined;
  readonly before: Resource | undefined;
  /** Where `before` is not known: the version that the proxy named when it connected. */
  readonly beforeVersion: string | undefined;
  /** The proxy's words, where it refused. */
  readonly message: string | undefined;
  /** When the response that it answers was made, by the server's clock. */
  readonly sentAt?: number | undefined;
}

/** Where a proxy stands with one type. Names are sorted. */
export interface TypeSummary {
  readonly subscribed: boolean;
  /** To be sent, or sent and not answered yet. */
  readonly pending: readonly string[];
  /** Removed, and still waiting for the proxy to let go of them. */
  readonly removing: readonly string[];
  readonly refused: readonly { readonly name: string; readonly version: string; readonly message: string }[];
}

/** One type at one proxy: what it subscribes to, what it has, what is under way. No clock and no network of its own. */
export class ProxyType {
  readonly type: ResourceType;
  readonly subscription = new Subscription();
  /** Everything has to be compared with the cache anew. */
  stale = false;
  /** Something was sent since the last request that must not stay without an answer. */
  answered = true;
  readonly #items = new Map<string, ProxyResource>();
  readonly #places = new Map<Place, Map<string, ProxyResource>>(PLACES.map((place) => [place, new Map()]));
  readonly #placeOf = new Map<string, Place>();
  readonly #responses = new Map<string, readonly string[]>();
  /** What the proxy lost before it says on this stream what it holds: it does not know that it lost it. */
  readonly #lostBefore = new Set<string>();
  readonly #report: (verdict: ProxyVerdict) => void;

  constructor(type: ResourceType, report: (verdict: ProxyVerdict) => void) {
    this.type = type;
    this.#report = report;
  }

  get unanswered(): number {
    return this.#responses.size;
  }

  get(name: string): ProxyResource | undefined {
    return this.#items.get(name);
  }

  at(place: Place): ReadonlyMap<string, ProxyResource> {
    return this.#places.get(place) ?? new Map();
  }

  /** Those that the proxy may have in another version than the cache's, or that it is about to lose. */
  *behind(): Iterable<ProxyResource> {
    for (const place of ['send', 'isolate', 'flight', 'refused', 'remove'] as const) yield* this.at(place).values();
  }

  /** Takes the subscription part of a request. `settle` has to follow for what it touched. */
  subscribe(request: DeltaRequest): SubscriptionChange {
    const change = this.subscription.apply(request);
    if (change.first || change.wildcardChanged) {
      this.stale = true;
      if (this.subscription.wildcard || change.first) this.answered = false;
    }
    for (const name of change.dropped) this.#forget(name);
    for (const [name, version] of change.held) {
      if (this.#lostBefore.has(name)) this.#item(name).asked = true;
      else this.#item(name).acked = { version, revision: -1, resource: undefined, named: version };
    }
    this.#lostBefore.clear();
    for (const name of change.asked) this.#item(name).asked = true;
    return change;
  }

  /** The proxy needs this one anew although it may have it. Does nothing for a name that it does not subscribe to. */
  ask(name: string): void {
    if (this.subscription.has(name)) this.#item(name).asked = true;
  }

  /** The proxy says, outside of the protocol, that it could not keep what it took: that is a refusal which came late. */
  lost(name: string, message: string): void {
    const item = this.#items.get(name);
    if (!this.subscription.started) this.#lostBefore.add(name);
    if (item?.acked === undefined && item?.inFlight?.resource === undefined) return;
    const verdict = this.#verdict(item, item.acked?.resource);
    markLost(item, message);
    if (item.lost === undefined && verdict.resource !== undefined) this.#refuse(item, verdict, message);
  }

  /** Lets what was refused be sent again when its time has come. Answers when that is for those that wait, the first of them. */
  retry({ view, now, limits }: Moment): number | undefined {
    let wakeAt: number | undefined;
    for (const item of [...this.at('refused').values()]) {
      const version = view.get(this.type, item.name)?.resource.version;
      if (version === undefined) continue;
      if (markRetry(item, version, now, limits)) this.settle(item.name, view, now);
      else wakeAt = Math.min(wakeAt ?? Number.POSITIVE_INFINITY, item.retry?.at ?? now);
    }
    return wakeAt;
  }

  /** Notes a response that was sent; its members are in flight already. */
  sent(nonce: string, names: readonly string[]): void {
    this.#responses.set(nonce, names);
    this.answered = true;
  }

  /** Takes an ACK or NACK. Answers the names whose state changed; none for a nonce that is not (or no longer) open. */
  answer(nonce: string, error: string | undefined): readonly string[] {
    const names = this.#responses.get(nonce) ?? [];
    this.#responses.delete(nonce);
    for (const name of names) {
      const item = this.#items.get(name);
      if (item?.inFlight?.nonce === nonce) this.#judge(item, error, names.length === 1);
    }
    return names;
  }

  summary(): TypeSummary {
    const names = (...places: readonly Place[]): string[] => places.flatMap((place) => [...this.at(place).keys()]).sort();
    const retried = [...this.at('isolate').values(), ...this.at('flight').values()].filter((item) => retriedVersion(item) !== undefined);
    const refused = [...this.at('refused').values(), ...retried].map(({ name, reportedRefusal, refused }) => {
      const version = reportedRefusal ?? REMOVAL;
      return { name, version, message: refused.get(version) ?? '' };
    });
    return {
      subscribed: this.subscription.started,
      pending: names('send', 'isolate', 'flight'),
      removing: names('remove'),
      refused: refused.sort((a, b) => (a.name < b.name ? -1 : 1)),
    };
  }

  #judge(item: ProxyResource, error: string | undefined, lone: boolean): void {
    const resource = item.inFlight?.resource;
    const verdict = this.#verdict(item, resource);
    if (error === undefined) {
      const sentAt = item.inFlight?.sentAt;
      markAcked(item);
      if (resource !== undefined && item.lost === undefined) this.#report({ ...verdict, state: 'synced', message: undefined, sentAt });
      this.#loseLate(item);
      return;
    }
    const known = item.refused.get(verdict.version);
    item.lost = undefined;
    markRefused(item, error, lone);
    if (lone && (known !== error || item.reportedRefusal !== verdict.version)) this.#refuse(item, verdict, error);
  }

  /** It lost what it held while this was on its way: most likely this. If not, sending it again does no harm. */
  #loseLate(item: ProxyResource): void {
    const message = item.lost;
    item.lost = undefined;
    if (message !== undefined) this.lost(item.name, message);
  }

  #refuse(item: ProxyResource, verdict: Omit<ProxyVerdict, 'state' | 'message'>, message: string): void {
    item.reportedRefusal = verdict.version;
    this.#report({ ...verdict, state: 'refused', message });
  }

  /** Compares one name with the cache and puts it where it belongs. `gone`: the resource that a commit just removed. */
  settle(name: string, view: FleetView, now: number, gone?: Resource): void {
    if (!this.subscription.has(name)) {
      this.#forget(name);
      return;
    }
    const cached = view.get(this.type, name);
    if (cached === undefined && !this.#items.has(name)) return;
    const item = this.#item(name);
    if (cached !== undefined) this.#catchUp(item, cached);
    const place = placeOf(item, cached);
    if (place !== 'remove' || item.asked) item.removal = undefined;
    else {
      const graceMs = (gone ?? item.acked?.resource)?.graceMs ?? Number.POSITIVE_INFINITY;
      item.removal ??= { revision: view.revision, graceMs, dueAt: undefined };
    }
    markPlace(item, place, now);
    this.#move(item, place);
    if (place === 'refused' && cached !== undefined) this.#recallRefusal(item, cached.resource);
  }

  /** A proxy that connects with the current version took it earlier: that is worth an ACK. */
  #catchUp(item: ProxyResource, cached: CachedResource): void {
    const known = item.acked?.resource !== undefined;
    const verdict = this.#verdict(item, cached.resource);
    if (catchUp(item, cached) && !known) this.#report({ ...verdict, state: 'synced', message: undefined });
  }

  /** A version that this proxy refused before has become the current one again. It is not sent, so the old refusal is its answer. */
  #recallRefusal(item: ProxyResource, resource: Resource): void {
    const { version } = resource;
    if (item.reportedRefusal === version) return;
    item.reportedRefusal = version;
    this.#report({ ...this.#verdict(item, resource), state: 'refused', message: item.refused.get(version) });
  }

  #verdict(item: ProxyResource, resource: Resource | undefined): Omit<ProxyVerdict, 'state' | 'message'> {
    const { resource: before, named: beforeVersion } = item.acked ?? {};
    return { type: this.type, name: item.name, version: resource?.version ?? REMOVAL, resource, before, beforeVersion };
  }

  /** Compares everything with the cache: after a first request, a change of the wildcard, a fleet's first commit. */
  settleAll(view: FleetView, now: number): void {
    this.stale = false;
    const names = new Set([...this.#items.keys(), ...this.subscription.names]);
    if (this.subscription.wildcard) for (const name of view.names(this.type)) names.add(name);
    for (const name of names) this.settle(name, view, now);
  }

  #item(name: string): ProxyResource {
    const known = this.#items.get(name);
    if (known !== undefined) return known;
    const item = proxyResource(name);
    this.#items.set(name, item);
    return item;
  }

  #forget(name: string): void {
    const item = this.#items.get(name);
    if (item !== undefined) this.#move(item, 'none');
  }

  #move(item: ProxyResource, place: Place): void {
    const { name } = item;
    const from = this.#placeOf.get(name);
    if (place === 'none') this.#items.delete(name);
    if (from === place) return;
    if (from !== undefined) this.#places.get(from)?.delete(name);
    if (place === 'none') this.#placeOf.delete(name);
    else {
      this.#placeOf.set(name, place);
      this.#places.get(place)?.set(name, item);
    }
  }
}
