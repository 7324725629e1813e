/**
 * Hostnames as Gateway API reads them: exact (`a.example.com`), a wildcard for one or more labels to the left (`*.example.com`), or
 * empty for every host. Everything is lower case.
 */

export const EVERY_HOST = '';

const isWildcard = (host: string): boolean => host.startsWith('*.');

/** The domains above a host, nearest first: `a.b.c` -> `b.c`, `c`. */
export function parentDomains(host: string): readonly string[] {
  const labels = host.split('.');
  return labels.slice(1).map((_, index) => labels.slice(index + 1).join('.'));
}

/** Whether every request for `inner` is one for `outer`. */
export function covers(outer: string, inner: string): boolean {
  if (outer === EVERY_HOST || outer === inner) return true;
  if (!isWildcard(outer)) return false;
  const suffix = outer.slice(1);
  return isWildcard(inner) ? inner.slice(1).endsWith(suffix) : inner.endsWith(suffix) && inner.length > suffix.length;
}

/** The hosts that both mean: the narrower of the two, or none. */
export function intersect(a: string, b: string): string | undefined {
  if (covers(a, b)) return b;
  return covers(b, a) ? a : undefined;
}

/** The hosts of a route that a listener serves (GEP-1426); a route without hostnames takes the listener's. */
export function intersectAll(routeHosts: readonly string[], listenerHost: string): readonly string[] {
  if (routeHosts.length === 0) return [listenerHost];
  const hosts = routeHosts.map((host) => intersect(host, listenerHost)).filter((host) => host !== undefined);
  return [...new Set(hosts)];
}

/**
 * How specific a route is for a listener's own hostname where it does not name that but a broader one: characters of the longest such, 0 where it names
 * none. Undefined: nothing of the route is narrowed. Of routes that come down to one host the more specific is first (HTTPRoute `hostnames`, v1.7.0).
 */
export function narrowedFrom(routeHosts: readonly string[], listenerHost: string): number | undefined {
  if (listenerHost === EVERY_HOST || routeHosts.includes(listenerHost)) return undefined;
  if (routeHosts.length === 0) return 0;
  const broader = routeHosts.filter((host) => covers(host, listenerHost)).map((host) => host.length);
  return broader.length === 0 ? undefined : Math.max(...broader);
}

/** More specific first; `undefined` is a route that names the host itself. */
export const compareNarrowed = (a: number | undefined, b: number | undefined): number =>
  a === b ? 0 : (b ?? Number.MAX_SAFE_INTEGER) - (a ?? Number.MAX_SAFE_INTEGER);

/**
 * Under which words a listener's hostname is filed, so that a route finds the listeners whose hosts meet its own without looking at
 * all of them. `=h` the exact host, `*d` the wildcard over d, `<d` anything below d.
 */
export function listenerHostTerms(host: string): readonly string[] {
  if (host === EVERY_HOST) return ['any'];
  const bare = isWildcard(host) ? host.slice(2) : host;
  const own = isWildcard(host) ? `*${bare}` : `=${bare}`;
  return [own, ...parentDomains(bare).map((domain) => `<${domain}`)];
}

/** The words to look up for one host of a route. */
export function routeHostTerms(host: string): readonly string[] {
  const bare = isWildcard(host) ? host.slice(2) : host;
  const above = parentDomains(bare).map((domain) => `*${domain}`);
  return isWildcard(host) ? ['any', `*${bare}`, `<${bare}`, ...above] : ['any', `=${bare}`, ...above];
}

/** The listener hostnames that could own a host, most specific first: itself, the wildcards above it, every host. */
export function owningHosts(host: string): readonly string[] {
  if (host === EVERY_HOST) return [EVERY_HOST];
  const bare = isWildcard(host) ? host.slice(2) : host;
  return [host, ...parentDomains(bare).map((domain) => `*.${domain}`), EVERY_HOST];
}

/** The domain of an Envoy virtual host. */
export const envoyDomain = (host: string): string => (host === EVERY_HOST ? '*' : host);
