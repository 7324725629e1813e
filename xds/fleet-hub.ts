import type { Clock } from './clock.ts';
import type { DeltaStream, StreamHost } from './delta-stream.ts';
import { findLeaves } from './leaf-search.ts';
import type { Limits } from './limits.ts';
import type { Authenticate, Authorize, NodeIdentity } from './node-identity.ts';
import type { ProxyVerdict, TypeSummary } from './proxy-type.ts';
import { Quarantine, type QuarantineChange } from './quarantine.ts';
import { originalHash, type ResourceType } from './resource.ts';
import { type Commit, type ResourceCache, resourceTypes } from './resource-cache.ts';

/** A proxy's new word on one resource: it took this version, refused it, or has not taken the current one for too long. */
export interface Transition {
  readonly fleet: string;
  readonly node: string;
  readonly envoyVersion: string;
  readonly type: ResourceType;
  readonly name: string;
  /** Empty: a removal. */
  readonly version: string;
  readonly state: 'synced' | 'refused' | 'lagging';
  /** Envoy's words, where it refused. */
  readonly message?: string;
  /** From the sending of the response to the proxy's answer, where it took what it was sent. Milliseconds. */
  readonly answeredInMs?: number;
}

export interface NodeState {
  readonly node: string;
  readonly envoyVersion: string;
  readonly types: Readonly<Record<ResourceType, TypeSummary>>;
}

/** The connected proxies of a fleet, by node id. An Envoy that restarts itself may be there twice. */
export interface FleetState {
  readonly nodes: readonly NodeState[];
  /** Nothing was ever published for the fleet: that nothing is pending says nothing. */
  readonly unpublished?: true;
}

/** A listener that a proxy took, and dropped afterwards for what it could not foresee. */
export interface LostListener {
  readonly fleet: string;
  readonly node: string;
  readonly listener: string;
  /** The proxy's words. */
  readonly message: string;
}

/** What the outside may listen to. Calls come between the server's own steps; it is safe to update the cache in all but `onTransition`. */
export interface Observers {
  readonly onTransition?: (transition: Transition) => void;
  /** Something in `fleetState` changed; at most once per fleet and turn of the event loop. */
  readonly onFleetState?: (fleet: string) => void;
  readonly onQuarantine?: (changes: readonly QuarantineChange[]) => void;
  /** A bug: the stream of this node was ended for it. */
  readonly onError?: (error: unknown, node: NodeIdentity | undefined) => void;
}

export interface HubOptions {
  readonly cache: ResourceCache;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly authenticate: Authenticate;
  readonly authorize: Authorize;
  readonly observers: Observers;
}

/** The streams of all fleets: brings commits to them and what they learn to the outside. */
export class FleetHub implements StreamHost {
  readonly cache: ResourceCache;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly authenticate: Authenticate;
  readonly authorize: Authorize;
  readonly #observers: Observers;
  readonly #streams = new Map<string, Set<DeltaStream>>();
  readonly #quarantine: Quarantine;
  readonly #moved = new Set<string>();
  /** Of each Envoy version that was here: its streams, and what cancels its being forgotten. */
  readonly #versions = new Map<string, { streams: number; cancel: () => void }>();
  /** By proxy: the listeners that it took and lost since, and why. It would say that it holds them when it connects anew. */
  readonly #losses = new Map<string, Map<string, string>>();
  readonly #unwatch: () => void;
  #told: NodeJS.Immediate | undefined;

  constructor({ cache, clock, limits, authenticate, authorize, observers }: HubOptions) {
    this.cache = cache;
    this.clock = clock;
    this.limits = limits;
    this.authenticate = authenticate;
    this.authorize = authorize;
    this.#observers = observers;
    this.#quarantine = new Quarantine((hashes) => countLeaves(cache, hashes));
    this.#unwatch = cache.watch((commit) => this.#commit(commit));
  }

  fleetState(fleet: string): FleetState {
    const sessions = [...(this.#streams.get(fleet) ?? [])].map((stream) => stream.session).filter((session) => session !== undefined);
    const nodes = sessions.map(({ node, state }) => ({ node: node.id, envoyVersion: node.envoyVersion, types: state.summary() }));
    const published = this.cache.view(fleet) === undefined ? { unpublished: true as const } : {};
    return { nodes: nodes.sort((a, b) => (a.node < b.node ? -1 : 1)), ...published };
  }

  lostListener({ fleet, node, listener, message }: LostListener): void {
    const key = proxyKey(fleet, node);
    this.#losses.set(key, new Map(this.#losses.get(key)).set(listener, message));
    for (const stream of [...(this.#streams.get(fleet) ?? [])]) if (stream.session?.node.id === node) stream.lost(listener, message);
    this.#moved.add(fleet);
    this.#tellSoon();
  }

  lossesOf({ fleet, id }: NodeIdentity): ReadonlyMap<string, string> {
    return this.#losses.get(proxyKey(fleet, id)) ?? new Map();
  }

  /** Ends all streams and says no more. */
  close(): void {
    this.#unwatch();
    for (const stream of [...this.#streams.values()].flatMap((streams) => [...streams])) stream.end();
    for (const { cancel } of this.#versions.values()) cancel();
    clearImmediate(this.#told);
  }

  opened(stream: DeltaStream, node: NodeIdentity): void {
    const streams = this.#streams.get(node.fleet) ?? new Set();
    this.#streams.set(node.fleet, streams.add(stream));
    const version = this.#versions.get(node.envoyVersion) ?? { streams: 0, cancel: () => undefined };
    version.cancel();
    this.#versions.set(node.envoyVersion, { streams: version.streams + 1, cancel: () => undefined });
    this.moved(node);
  }

  closed(stream: DeltaStream, node: NodeIdentity): void {
    const streams = this.#streams.get(node.fleet);
    streams?.delete(stream);
    if (streams?.size === 0) this.#streams.delete(node.fleet);
    this.#leave(node.envoyVersion);
    this.moved(node);
  }

  verdict(node: NodeIdentity, { state, type, name, version, resource, message, sentAt, ...held }: ProxyVerdict): void {
    const { fleet, id, envoyVersion } = node;
    if (type === 'listener' && state === 'synced') this.#found(node, name);
    const answeredInMs = sentAt === undefined ? {} : { answeredInMs: this.clock.now() - sentAt };
    const transition = { fleet, node: id, envoyVersion, type, name, version, state, ...answeredInMs };
    this.#observers.onTransition?.(message === undefined ? transition : { ...transition, message });
    if (resource === undefined || resource.fragments.length === 0 || state === 'lagging') return;
    const evidence = { fleet, envoyVersion, resource, before: held.before, beforeVersion: held.beforeVersion };
    if (state === 'synced') this.#quarantine.taken(evidence);
    else this.#quarantine.refused(evidence, message ?? '');
  }

  moved(node: NodeIdentity): void {
    this.#moved.add(node.fleet);
    this.#tellSoon();
  }

  failed(error: unknown, node: NodeIdentity | undefined): void {
    this.#observers.onError?.(error, node);
  }

  #found({ fleet, id }: NodeIdentity, listener: string): void {
    const key = proxyKey(fleet, id);
    const losses = this.#losses.get(key);
    if (losses?.delete(listener) && losses.size === 0) this.#losses.delete(key);
  }

  #commit(commit: Commit): void {
    this.#quarantine.committed(commit);
    for (const stream of [...(this.#streams.get(commit.fleet) ?? [])]) stream.commit(commit);
    if (commit.removed) for (const key of this.#losses.keys()) if (key.startsWith(proxyKey(commit.fleet, ''))) this.#losses.delete(key);
    this.#moved.add(commit.fleet);
    this.#tellSoon();
  }

  #leave(envoyVersion: string): void {
    const version = this.#versions.get(envoyVersion);
    if (version === undefined) return;
    version.streams -= 1;
    if (version.streams > 0) return;
    version.cancel = this.clock.setTimeout(() => {
      this.#versions.delete(envoyVersion);
      this.#quarantine.forget(envoyVersion);
      this.#tellSoon();
    }, this.limits.forgetVersionMs);
  }

  #tellSoon(): void {
    this.#told ??= setImmediate(() => this.#tell());
  }

  #tell(): void {
    this.#told = undefined;
    const changes = this.#quarantine.take();
    const moved = [...this.#moved].sort();
    this.#moved.clear();
    if (changes.length > 0) this.#observers.onQuarantine?.(changes);
    for (const fleet of moved) this.#observers.onFleetState?.(fleet);
  }
}

const proxyKey = (fleet: string, node: string): string => `${fleet}\n${node}`;

function countLeaves(cache: ResourceCache, hashes: ReadonlySet<string>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const views = cache.fleets().map((fleet) => cache.view(fleet));
  const resources = views.flatMap((view) => resourceTypes.flatMap((type) => [...(view?.resources(type) ?? [])]));
  for (const hash of resources.flatMap((resource) => findLeaves(resource, hashes)).map(originalHash)) {
    counts.set(hash, (counts.get(hash) ?? 0) + 1);
  }
  return counts;
}
