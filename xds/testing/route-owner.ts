import type { QuarantineChange } from '../quarantine.ts';
import { exactStandInHash, type Fragment, isContent, isExactStandIn, isStandIn, markedVersion, standInHash } from '../resource.ts';
import type { ResourceCache } from '../resource-cache.ts';
import { routeConfiguration, set } from './sample-resources.ts';

/** Makes route configurations of routes, and puts safe answers in the place of those that are in quarantine. */
export class RouteOwner {
  readonly quarantined = new Map<string, string>();
  /** Of those, the ones that an earlier version stands in for. */
  readonly #formers = new Map<string, readonly Fragment[]>();
  /** Of those, the ones whose safe answer is to take just their requests. */
  readonly #exact = new Set<string>();
  /** How many routes had to answer 500 after each change. */
  readonly history: number[] = [];
  /** How many of them closed more than themselves. */
  readonly wide: number[] = [];
  readonly #cache: ResourceCache;
  readonly #marks: boolean;
  readonly #routes = new Map<string, readonly Fragment[]>();

  /** `marks`: versions name what is in quarantine. */
  constructor(cache: ResourceCache, marks = false) {
    this.#cache = cache;
    this.#marks = marks;
  }

  put(name: string, routes: readonly Fragment[]): void {
    this.#routes.set(name, routes);
    this.#publish();
  }

  /** What the server's `onQuarantine` is to call. */
  onQuarantine(changes: readonly QuarantineChange[]): void {
    for (const { hash, message, quarantined, formers = [], exact } of changes) {
      if (quarantined && exact) this.#exact.add(hash);
      else this.#exact.delete(hash);
      this.#formers.set(hash, formers);
      if (quarantined) this.quarantined.set(hash, message);
      else this.quarantined.delete(hash);
    }
    this.#publish();
    const served = [...this.#routes.values()].flatMap((routes) => routes.map((one) => this.#made(one)));
    const safe = served.filter((one) => isStandIn(one) && !isContent(one));
    this.history.push(safe.length);
    this.wide.push(safe.filter((one) => isPattern(one) && !isExactStandIn(one)).length);
  }

  #publish(): void {
    const made = [...this.#routes].map(([name, routes]) => {
      const served = routes.map((one) => this.#made(one));
      const quarantined = routes.filter((one) => this.quarantined.has(one.hash)).map(({ hash }) => hash);
      const { version } = routeConfiguration(name, served);
      return routeConfiguration(name, served, this.#marks ? { version: markedVersion(version, quarantined) } : {});
    });
    this.#cache.update('fleet', set(...made));
  }

  #made(one: Fragment): Fragment {
    if (!this.quarantined.has(one.hash)) return one;
    const former = this.#formers.get(one.hash)?.find(({ key }) => key === one.key);
    if (former === undefined && isPattern(one) && this.#exact.has(one.hash))
      return { ...one, hash: exactStandInHash(one.hash), requires: [] };
    return { ...one, hash: standInHash(one.hash, former), requires: former?.requires ?? [] };
  }
}

/** `count` routes of which those with these numbers are bad. */
export const routesWithBad = (count: number, ...bad: number[]): Fragment[] =>
  Array.from({ length: count }, (_, index) => ({
    key: `${index}`,
    hash: `${bad.includes(index) ? 'bad' : 'good'}-${index}`,
    requires: [],
  }));

/** Whether its own safe answer could be refused with it. */
const isPattern = ({ hash }: Fragment): boolean => hash.includes('pattern');

/** The opinion of an Envoy that refuses every bad route, without saying which. */
export const refuseBadRoutes = (type: string, _name: string, version: string): string | undefined =>
  type === 'routeConfiguration' && /=bad/.test(version) ? 'there is a bad route' : undefined;
