import type { Limits } from './limits.ts';
import type { Resource } from './resource.ts';
import type { CachedResource } from './resource-cache.ts';

/** What a proxy said it took. `version` undefined: it holds something, but since a refusal nobody knows which version. */
interface Acked {
  readonly version: string | undefined;
  /** The fleet's revision at which this content was current; -1 where that is not known (it came from an earlier stream). */
  readonly revision: number;
  readonly resource: Resource | undefined;
  /** The version that the proxy named when it connected, until it takes another one. */
  readonly named: string | undefined;
}

/** What was sent and not answered yet; `resource` undefined is a removal. */
interface InFlight {
  readonly nonce: string;
  readonly resource: Resource | undefined;
  readonly revision: number;
  readonly sentAt: number;
}

/** A removal that waits: for the proxy to let go of the resource as of `revision`, then until `dueAt`. */
export interface PendingRemoval {
  readonly revision: number;
  readonly graceMs: number;
  /** Undefined while the proxy may still use it. */
  dueAt: number | undefined;
}

/** A refused version that is sent again: how often it was, when it will be, whether it is on its way just now. */
interface Retry {
  readonly version: string;
  readonly times: number;
  readonly at: number | undefined;
  readonly underWay: boolean;
}

/**
 * One resource at one proxy. Plain state; `placeOf` says what follows from it.
 */
export interface ProxyResource {
  readonly name: string;
  acked: Acked | undefined;
  inFlight: InFlight | undefined;
  /** The version that was among the members of a refused response: the proxy may have it although it never said so. */
  maybe: string | undefined;
  /** The proxy needs an answer whatever it has: the resource again, or that it does not exist. */
  asked: boolean;
  /** Send it in a response of its own, so that a refusal is about nothing else. */
  alone: boolean;
  /** Refused versions and why; `REMOVAL` where a removal was refused. The oldest are forgotten. */
  readonly refused: Map<string, string>;
  /** The version whose refusal was reported last. */
  reportedRefusal: string | undefined;
  retry: Retry | undefined;
  /** What the proxy said, outside of the protocol, of its losing this while something was in flight; see `markLost`. */
  lost: string | undefined;
  removal: PendingRemoval | undefined;
  /** Since when the proxy has not had what it should have; undefined when it has. */
  behindSince: number | undefined;
  lagging: boolean;
}

/** Stands for "removed" where a version is expected; no content has the empty version. */
export const REMOVAL = '';

const REFUSALS_KEPT = 32;

export function proxyResource(name: string): ProxyResource {
  return {
    name,
    acked: undefined,
    inFlight: undefined,
    maybe: undefined,
    asked: false,
    alone: false,
    refused: new Map(),
    reportedRefusal: undefined,
    retry: undefined,
    lost: undefined,
    removal: undefined,
    behindSince: undefined,
    lagging: false,
  };
}

/** What is to be done about a resource at a proxy: `send` with others or `isolate` (send alone), `remove` when the time has come, else nothing. */
export const PLACES = ['none', 'synced', 'send', 'isolate', 'flight', 'refused', 'remove'] as const;

export type Place = (typeof PLACES)[number];

export function placeOf(item: ProxyResource, cached: CachedResource | undefined): Place {
  if (item.inFlight !== undefined) return 'flight';
  if (cached === undefined) return placeOfMissing(item);
  const { version } = cached.resource;
  if (item.refused.has(version) && !isRetried(item, version)) return 'refused';
  if (item.acked?.version === version && !item.asked) return 'synced';
  return item.alone ? 'isolate' : 'send';
}

function placeOfMissing(item: ProxyResource): Place {
  if (item.asked) return 'remove';
  if (!mayHave(item)) return 'none';
  return item.refused.has(REMOVAL) ? 'refused' : 'remove';
}

const isRetried = ({ retry }: ProxyResource, version: string): boolean => retry?.version === version && retry.underWay;

/** The version that was refused last and is on its way once more: until the proxy has taken it, it counts as refused. */
export function retriedVersion(item: ProxyResource): string | undefined {
  const version = item.inFlight === undefined ? item.reportedRefusal : item.inFlight.resource?.version;
  return version !== undefined && version === item.reportedRefusal && isRetried(item, version) ? version : undefined;
}

/** Moves the retry of a refused version on. Answers whether it is due; if not, `retry.at` says when it is. */
export function markRetry(item: ProxyResource, version: string, now: number, { listenerRetryMs, maxListenerRetryMs }: Limits): boolean {
  const { times, at: set } = item.retry?.version === version ? item.retry : { times: 0, at: undefined };
  const at = set ?? now + Math.min(maxListenerRetryMs, listenerRetryMs * 2 ** times);
  const underWay = at <= now;
  item.retry = underWay ? { version, times: times + 1, at: undefined, underWay } : { version, times, at, underWay };
  return underWay;
}

/** The proxy has some version of it, or may have. */
export function mayHave(item: ProxyResource): boolean {
  return item.acked !== undefined || item.maybe !== undefined || item.inFlight?.resource !== undefined;
}

/** The proxy said that it has some version of it, and it is not being removed. */
export function holds(item: ProxyResource | undefined): boolean {
  if (item?.acked === undefined) return false;
  return item.inFlight === undefined || item.inFlight.resource !== undefined;
}

export function markSent(item: ProxyResource, inFlight: InFlight): void {
  item.inFlight = inFlight;
  item.asked = false;
}

export function markAcked(item: ProxyResource): void {
  const sent = item.inFlight;
  if (sent === undefined) return;
  const { resource, revision } = sent;
  item.acked = resource === undefined ? undefined : { version: resource.version, revision, resource, named: undefined };
  item.inFlight = undefined;
  item.maybe = undefined;
  item.alone = false;
  item.reportedRefusal = undefined;
  item.refused.delete(REMOVAL);
  if (resource !== undefined) item.refused.delete(resource.version);
}

/**
 * After a refusal of several members each one's state is unknown; they go again one by one. A lone one is refused for good:
 * the proxy does not have that version, and the message is about nothing else. An earlier one that it may have is as likely as before.
 */
export function markRefused(item: ProxyResource, message: string, lone: boolean): void {
  const sent = item.inFlight;
  if (sent === undefined) return;
  item.inFlight = undefined;
  item.alone = true;
  if (item.acked !== undefined) item.acked = { ...item.acked, version: undefined };
  const version = sent.resource?.version;
  if (lone) {
    remember(item, version ?? REMOVAL, message);
    if (item.maybe === version) item.maybe = undefined;
  } else item.maybe ??= version;
}

/**
 * The proxy took it and could not keep it. It holds nothing of that name any more, and a newer version that is in flight may be what it
 * lost: then the answer to that one decides.
 */
export function markLost(item: ProxyResource, message: string): void {
  const version = item.acked?.resource?.version;
  item.acked = undefined;
  item.alone = true;
  if (item.inFlight !== undefined) item.lost = message;
  else if (version !== undefined) remember(item, version, message);
}

function remember(item: ProxyResource, version: string, message: string): void {
  if (item.retry !== undefined) item.retry = { ...item.retry, underWay: false };
  item.refused.delete(version);
  item.refused.set(version, message);
  if (item.refused.size <= REFUSALS_KEPT) return;
  for (const oldest of item.refused.keys()) {
    item.refused.delete(oldest);
    return;
  }
}

/**
 * What the proxy took is (again) what the cache has: then it is as new as the cache's. Answers whether it is. Not while something is in
 * flight: that comes after what the proxy took, so it is yet to have an older content, and may still need what the cache has lost since.
 */
export function catchUp(item: ProxyResource, cached: CachedResource): boolean {
  if (item.inFlight !== undefined || item.acked?.version !== cached.resource.version) return false;
  item.acked = { version: cached.resource.version, revision: cached.revision, resource: cached.resource, named: undefined };
  return true;
}

/** Keeps the clock of how long the proxy has been behind. A removal that waits is no lag. */
export function markPlace(item: ProxyResource, place: Place, now: number): void {
  if (place === 'send' || place === 'isolate' || place === 'flight') item.behindSince ??= now;
  else {
    item.behindSince = undefined;
    item.lagging = false;
  }
}
