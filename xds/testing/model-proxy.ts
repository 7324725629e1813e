import type { DeltaResponse } from '../proxy-state.ts';
import type { Resource, ResourceType } from '../resource.ts';
import type { DeltaRequest } from '../subscription.ts';

const WILDCARDS: readonly ResourceType[] = ['cluster', 'listener'];
const SUBSCRIBED: readonly ResourceType[] = ['cluster', 'loadAssignment', 'listener', 'routeConfiguration'];

/** Refused wherever it turns up. */
export const isBad = (resource: Resource): boolean => resource.version.includes('bad');

/**
 * What Envoy does with what it gets, without Envoy: a cluster brings the subscription of its load assignment and warms until
 * that comes, and while any cluster warms no request about clusters goes out; a listener `l` brings the subscription of the
 * route configuration `l`. It refuses a response with a bad member, and may have applied the good ones all the same.
 */
export class ModelProxy {
  /** Requests on their way to the server. */
  readonly requests: DeltaRequest[] = [];
  readonly holds = new Map<ResourceType, Map<string, Resource>>(SUBSCRIBED.map((type) => [type, new Map()]));
  /** Clusters that wait for a load assignment. */
  readonly warming = new Set<string>();
  /** Clusters that can serve: some version of them has been warm. */
  readonly #ready = new Set<string>();
  /** Requests about clusters that wait for the end of warming. */
  readonly #withheld: DeltaRequest[] = [];
  /** Clusters of which it refused a version. */
  readonly refusedClusters = new Set<string>();
  readonly #subscribed = new Map<ResourceType, Set<string>>(SUBSCRIBED.map((type) => [type, new Set()]));

  /** A new stream: it says what it wants and what it has. */
  connect(): void {
    this.requests.length = 0;
    this.#withheld.length = 0;
    for (const type of SUBSCRIBED) {
      const subscribe = WILDCARDS.includes(type) ? [] : [...this.#names(type)];
      if (WILDCARDS.includes(type) || subscribe.length > 0) this.#request(type, { subscribe, initialVersions: this.#versions(type) });
    }
  }

  /** `partly`: of a response that it refuses, it applies the good members. */
  receive(response: DeltaResponse, partly: boolean): void {
    const { type, nonce, resources } = response;
    const [bad] = resources.filter(isBad);
    if (bad === undefined || partly) this.#applyAll(response);
    for (const { name } of type === 'cluster' ? resources.filter(isBad) : []) this.refusedClusters.add(name);
    this.#request(type, bad === undefined ? { nonce } : { nonce, error: `${bad.name} is bad` });
  }

  held(type: ResourceType): Map<string, Resource> {
    return this.holds.get(type) ?? new Map();
  }

  /** Clusters that a route names and that cannot serve, though the proxy never refused them. */
  missingClusters(): readonly string[] {
    const routes = [...this.held('routeConfiguration').values()].flatMap(({ fragments }) => fragments);
    const named = new Set(routes.flatMap(({ requires, fragments = [] }) => [...requires, ...fragments.flatMap((leaf) => leaf.requires)]));
    return [...named].filter((name) => !this.#ready.has(name) && !this.refusedClusters.has(name));
  }

  #names(type: ResourceType): Set<string> {
    return this.#subscribed.get(type) ?? new Set();
  }

  #versions(type: ResourceType): Record<string, string> {
    return Object.fromEntries([...this.held(type)].map(([name, { version }]) => [name, version]));
  }

  #applyAll({ type, resources, removed }: DeltaResponse): void {
    for (const resource of resources) if (!isBad(resource)) this.#apply(resource);
    for (const name of removed) this.#remove(type, name);
  }

  #apply(resource: Resource): void {
    const { type, name } = resource;
    if (!WILDCARDS.includes(type) && !this.#names(type).has(name)) return;
    const changed = this.held(type).get(name)?.version !== resource.version;
    this.held(type).set(name, resource);
    if (type === 'loadAssignment') this.#warm(name);
    if (type === 'cluster' && changed) this.warming.add(name);
    const next = FOLLOWS[type];
    if (next !== undefined) this.#subscribe(next, name);
  }

  #remove(type: ResourceType, name: string): void {
    this.held(type).delete(name);
    // That there is no load assignment ends the warming too: the cluster has no endpoints.
    if (type === 'loadAssignment') this.#warm(name);
    if (type === 'cluster') {
      this.warming.delete(name);
      this.#ready.delete(name);
    }
    const next = FOLLOWS[type];
    if (next === undefined || !this.#names(next).delete(name)) return;
    this.held(next).delete(name);
    this.#request(next, { unsubscribe: [name] });
  }

  #warm(name: string): void {
    this.warming.delete(name);
    if (this.held('cluster').has(name)) this.#ready.add(name);
  }

  #subscribe(type: ResourceType, name: string): void {
    if (this.#names(type).has(name)) return;
    this.#names(type).add(name);
    this.#request(type, { subscribe: [name] });
  }

  #request(type: ResourceType, parts: Partial<DeltaRequest>): void {
    const request = { type, subscribe: [], unsubscribe: [], initialVersions: {}, nonce: '', error: undefined, ...parts };
    (type === 'cluster' ? this.#withheld : this.requests).push(request);
    if (this.warming.size === 0) this.requests.push(...this.#withheld.splice(0));
  }
}

/** What a resource makes Envoy subscribe to under the same name. */
const FOLLOWS: Partial<Record<ResourceType, ResourceType>> = { cluster: 'loadAssignment', listener: 'routeConfiguration' };
