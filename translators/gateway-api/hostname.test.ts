import fc from 'fast-check';
import {
  compareNarrowed,
  covers,
  intersect,
  intersectAll,
  listenerHostTerms,
  narrowedFrom,
  owningHosts,
  parentDomains,
  routeHostTerms,
} from './hostname.ts';

const label = fc.constantFrom('a', 'b', 'ab');
const exact = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
const wildcard = exact.map((host) => `*.${host}`);
const host = fc.oneof(exact, wildcard, fc.constant(''));
const routeHost = fc.oneof(exact, wildcard);

/** Every request host of up to five labels: what hostnames mean is which of these they take. */
const REQUESTS = allHosts(5);

function allHosts(depth: number): readonly string[] {
  const labels = ['a', 'b', 'ab'];
  let level: readonly string[] = labels;
  const all = [...level];
  for (let i = 1; i < depth; i++) {
    level = level.flatMap((rest) => labels.map((each) => `${each}.${rest}`));
    all.push(...level);
  }
  return all;
}

/** A wildcard takes one or more labels to the left; an empty hostname takes everything. */
function takes(hostname: string, request: string): boolean {
  if (hostname === '') return true;
  if (!hostname.startsWith('*.')) return hostname === request;
  return request.endsWith(hostname.slice(1)) && request.length > hostname.length - 1;
}

const meaning = (hostname: string): readonly string[] => REQUESTS.filter((request) => takes(hostname, request));

test('a hostname covers another one if it takes all requests that the other one takes', () => {
  fc.assert(
    fc.property(host, host, (outer, inner) => {
      const own = new Set(meaning(outer));
      expect(covers(outer, inner)).toBe(meaning(inner).every((request) => own.has(request)));
    }),
  );
});

test('the intersection takes what both take', () => {
  fc.assert(
    fc.property(host, host, (a, b) => {
      const both = meaning(a).filter((request) => takes(b, request));
      const common = intersect(a, b);
      expect(common === undefined ? [] : meaning(common)).toEqual(both);
    }),
  );
});

test('a route serves on a listener what both hostnames mean; without hostnames it serves what the listener does', () => {
  fc.assert(
    fc.property(fc.array(routeHost, { maxLength: 4 }), host, (routeHosts, listenerHost) => {
      const served = new Set(intersectAll(routeHosts, listenerHost).flatMap(meaning));
      const expected = meaning(listenerHost).filter(
        (request) => routeHosts.length === 0 || routeHosts.some((each) => takes(each, request)),
      );
      expect([...served].sort()).toEqual([...expected].sort());
    }),
  );
});

test('by the terms a route finds exactly the listeners that a look at all of them finds', () => {
  fc.assert(
    fc.property(fc.uniqueArray(host, { maxLength: 8 }), routeHost, (listeners, wanted) => {
      const asked = new Set(routeHostTerms(wanted));
      const found = listeners.filter((each) => listenerHostTerms(each).some((term) => asked.has(term)));
      expect(found).toEqual(listeners.filter((each) => intersect(each, wanted) !== undefined));
    }),
  );
});

test('the first of the owning hosts that a listener has is the most specific listener for a host', () => {
  fc.assert(
    fc.property(fc.uniqueArray(host, { minLength: 1, maxLength: 8 }), host, (listeners, served) => {
      const covering = listeners.filter((each) => covers(each, served));
      const mostSpecific = covering.find((each) => covering.every((other) => covers(other, each)));
      expect(owningHosts(served).find((each) => listeners.includes(each))).toBe(mostSpecific);
    }),
  );
});

test('a route is narrowed where it names something broader than the listener, and not the host itself', () => {
  expect(narrowedFrom(['*.example.com', '*.com', 'b.example.com'], 'a.example.com')).toBe('*.example.com'.length);
  expect(narrowedFrom(['*.com'], '*.example.com')).toBe('*.com'.length);
  expect(narrowedFrom([], 'a.example.com')).toBe(0);
  expect(narrowedFrom(['*.com', 'a.example.com'], 'a.example.com')).toBeUndefined();
  expect(narrowedFrom(['a.example.com'], '*.example.com')).toBeUndefined();
  expect(narrowedFrom(['*.com'], '')).toBeUndefined();
  expect([0, 5, undefined, 13].toSorted(compareNarrowed)).toEqual([13, 5, 0, undefined]);
  expect(compareNarrowed(undefined, 13)).toBeLessThan(0);
});

test('the domains above a host, nearest first', () => {
  expect(parentDomains('a.b.c')).toEqual(['b.c', 'c']);
  expect(parentDomains('localhost')).toEqual([]);
});
