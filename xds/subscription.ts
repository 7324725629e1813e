import type { ResourceType } from './resource.ts';

/** One DeltaDiscoveryRequest of a known type, in plain words. */
export interface DeltaRequest {
  readonly type: ResourceType;
  readonly subscribe: readonly string[];
  readonly unsubscribe: readonly string[];
  /** What the proxy says it holds, name to version. Counts only in the first request of a type on a stream. */
  readonly initialVersions: Readonly<Record<string, string>>;
  /** The response that this answers; empty in a request that answers none. */
  readonly nonce: string;
  /** Why the proxy refused that response; undefined when it took it. */
  readonly error: string | undefined;
}

/** What a request changes in what the server owes the proxy. */
export interface SubscriptionChange {
  /** First request of its type on this stream. It gets an answer, if only an empty one. */
  readonly first: boolean;
  /** Names that must be answered, whatever the proxy had before: sent, or said to be missing. */
  readonly asked: readonly string[];
  /** Names that the proxy does not want any more. Nothing is sent for them. */
  readonly dropped: readonly string[];
  /** What the proxy holds of what it subscribes to. */
  readonly held: ReadonlyMap<string, string>;
  /** The wildcard began or ended: everything of the type has to be looked at again. */
  readonly wildcardChanged: boolean;
}

const WILDCARD = '*';

/** Only these two have the old form of the wildcard, a first request without names (xDS protocol, "How the client specifies what resources to return"). */
const legacyWildcardTypes: ReadonlySet<ResourceType> = new Set(['listener', 'cluster']);

/**
 * What one stream subscribes to of one type. A pure state machine. The wildcard and the names stand beside each other:
 * naming something does not end the wildcard, only unsubscribing from "*" does.
 */
export class Subscription {
  #started = false;
  #wildcard = false;
  readonly #names = new Set<string>();

  get started(): boolean {
    return this.#started;
  }

  get wildcard(): boolean {
    return this.#wildcard;
  }

  get names(): ReadonlySet<string> {
    return this.#names;
  }

  has(name: string): boolean {
    return this.#wildcard || this.#names.has(name);
  }

  /** Takes a request in. Unsubscriptions count before subscriptions. */
  apply(request: DeltaRequest): SubscriptionChange {
    const first = !this.#started;
    const wildcardBefore = this.#wildcard;
    this.#started = true;
    if (first && request.subscribe.length === 0 && legacyWildcardTypes.has(request.type)) this.#wildcard = true;
    const unsubscribed = request.unsubscribe.filter((name) => this.#unsubscribe(name));
    for (const name of request.subscribe) this.#subscribe(name);
    const held = first ? this.#heldOf(request) : new Map<string, string>();
    const named = request.subscribe.filter((name) => name !== WILDCARD && !held.has(name));
    return {
      first,
      // Under a wildcard the proxy cannot know whether an unsubscribed name is still meant for it: it has to be told.
      asked: [...named, ...unsubscribed.filter((name) => this.#wildcard && !this.#names.has(name))],
      dropped: unsubscribed.filter((name) => !this.has(name)),
      held,
      wildcardChanged: this.#wildcard !== wildcardBefore,
    };
  }

  #subscribe(name: string): void {
    if (name === WILDCARD) this.#wildcard = true;
    else this.#names.add(name);
  }

  /** Answers whether a name, not the wildcard, was there to be taken away. */
  #unsubscribe(name: string): boolean {
    if (name !== WILDCARD) return this.#names.delete(name);
    this.#wildcard = false;
    return false;
  }

  /** The map of versions is no subscription: what it names and nobody subscribed to does not count. */
  #heldOf(request: DeltaRequest): ReadonlyMap<string, string> {
    return new Map(Object.entries(request.initialVersions).filter(([name]) => this.has(name)));
  }
}
