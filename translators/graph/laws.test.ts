import fc from 'fast-check';
import type { Change, Collection, Source } from './collection.ts';
import { Graph } from './graph.ts';

interface Route {
  readonly host: string;
  readonly services: readonly string[];
  readonly weight: number;
  /** Several routes may claim one name, which is a bug on purpose: it shows who owns a key. */
  readonly claims: readonly string[];
}
interface Service {
  readonly ip: string;
  readonly zone: string;
}
type Event =
  | { readonly to: 'routes'; readonly key: string; readonly value: Route | undefined }
  | { readonly to: 'services'; readonly key: string; readonly value: Service | undefined };
/** Between events: a settle, one in slices, or one begun in slices and left open. */
type Step = Event | 'settle' | { readonly slices: number } | { readonly begin: number };

/** Small, but each operator and each kind of look is in it, also on top of others, also where owners quarrel and faults are looked at. */
class Pipeline {
  readonly graph = new Graph();
  readonly routes: Source<Route> = this.graph.source('routes');
  readonly services: Source<Service> = this.graph.source('services');
  readonly entries: Collection<{ readonly host: string; readonly weight: number; readonly text: string }>;
  readonly all: readonly Collection<unknown>[];

  constructor() {
    const { graph, routes, services } = this;
    const byZone = graph.index('byZone', services, (service) => [service.zone, service.ip]);
    const byService = graph.index('byService', routes, (route) => route.services);
    const uses = graph.count('uses', routes, (route) => route.services);
    const endpoints = graph.derive('endpoints', services, (service, fetch, key) => {
      const users = fetch.by(byService, key).map((route) => route.host);
      return users.length > 0 ? [[key, `${service.ip} for ${users} of ${fetch.one(uses, key)}`]] : [];
    });
    const entries = graph.derive('entries', routes, function* (route, fetch, key) {
      for (const [i, name] of route.services.entries()) {
        const neighbours = fetch.by(byZone, fetch.one(services, name)?.zone ?? '').map((service) => service.ip);
        yield [
          `${key}/${i}`,
          { host: route.host, weight: route.weight + i, text: `${name}: ${fetch.one(endpoints, name)}, ${neighbours}` },
        ] as const;
      }
    });
    const byWeight = {
      by: (entry: { host: string }) => [entry.host, 'all'],
      orderBy: (a: { weight: number }, b: { weight: number }) => b.weight - a.weight,
    };
    const hosts = graph.group('hosts', entries, byWeight);
    const winners = graph.first('winners', entries, byWeight);
    const tables = graph.derive('tables', hosts, (host, fetch, key) => [
      [`table/${key}`, `${host.memberKeys} ${fetch.one(winners, key)?.winnerKey} ${key === 'all' ? fetch.all(services).length : ''}`],
    ]);
    const claims = graph.derive('claims', routes, (route, _fetch, key) => route.claims.map((claim) => [`claim/${claim}`, key] as const), {
      whenBroken: (route, key) => [[`claim/${route.claims[0]}-${key.charCodeAt(0) % 2}`, `${key} lost`]],
    });
    const joined = graph.join<string>('joined', tables, claims);
    const lengths = graph.count('lengths', joined, (text, key) => [`${text.length % 3}`, key.slice(0, 5)]);
    const others = graph.without(
      'others',
      entries,
      graph.join(
        'taken',
        uses,
        graph.derive('firsts', routes, (_, __, key) => [[`${key}/0`, 0]]),
      ),
    );
    const verdicts = graph.derive('verdicts', routes, (route, fetch, key) => [
      [key, [fetch.one(graph.faults, `claims|${key}`)?.message, fetch.one(joined, `table/${route.host}`)]],
    ]);
    this.entries = entries;
    this.all = [
      routes,
      services,
      uses,
      endpoints,
      entries,
      hosts,
      winners,
      tables,
      claims,
      joined,
      lengths,
      others,
      verdicts,
      graph.faults,
    ];
  }

  put(event: Event): void {
    if (event.to === 'routes') this.routes.put(event.key, event.value);
    else this.services.put(event.key, event.value);
  }

  take(step: Step): void {
    if (step === 'settle') this.graph.settle();
    else if ('slices' in step) for (const _ of this.graph.settleSlices(step.slices));
    else if ('begin' in step) this.graph.settleSlices(step.begin).next();
    else this.put(step);
  }

  state() {
    return Object.fromEntries(this.all.map((collection) => [collection.name, [...collection.entries()]]));
  }
}

const name = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const route: fc.Arbitrary<Route> = fc.record({
  host: fc.constantFrom('x', 'y', 'z'),
  services: fc.uniqueArray(name, { maxLength: 3 }),
  weight: fc.nat({ max: 2 }),
  claims: fc.uniqueArray(fc.constantFrom('1', '2', '3', '1-0', '1-1'), { maxLength: 2 }),
});
const service: fc.Arbitrary<Service> = fc.record({ ip: fc.constantFrom('ip1', 'ip2'), zone: fc.constantFrom('z1', 'z2') });
const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ to: fc.constant('routes' as const), key: name, value: fc.option(route, { nil: undefined }) }),
  fc.record({ to: fc.constant('services' as const), key: name, value: fc.option(service, { nil: undefined }) }),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: event },
  { weight: 1, arbitrary: fc.constant('settle' as const) },
  { weight: 1, arbitrary: fc.record({ slices: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 1, arbitrary: fc.record({ begin: fc.integer({ min: 1, max: 5 }) }) },
);
const steps = fc.array(step, { minLength: 1, maxLength: 60 });

/** A start from scratch with what the sources of `pipeline` hold, put in reverse order of key. */
function fromScratch(pipeline: Pipeline): Pipeline {
  const fresh = new Pipeline();
  for (const [key, value] of [...pipeline.services.entries()].reverse()) fresh.services.put(key, value);
  for (const [key, value] of [...pipeline.routes.entries()].reverse()) fresh.routes.put(key, value);
  fresh.graph.settle();
  return fresh;
}

test('whatever the order of events and the split into settles, the end is that of a start from scratch', () => {
  fc.assert(
    fc.property(steps, (history) => {
      const pipeline = new Pipeline();
      for (const next of history) pipeline.take(next);
      pipeline.graph.settle();
      const fresh = fromScratch(pipeline);
      expect(pipeline.state()).toEqual(fresh.state());
      expect(pipeline.graph.watcherCount).toBe(fresh.graph.watcherCount);
      expect(pipeline.graph.pending).toBe(false);
    }),
    { numRuns: 300 },
  );
});

test('events on different keys may come in any order', () => {
  const distinctEvents = fc.uniqueArray(event, { selector: (one) => `${one.to}/${one.key}`, maxLength: 10 });
  const twoOrders = distinctEvents.chain((events) =>
    fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length })),
  );
  fc.assert(
    fc.property(steps, twoOrders, (history, orders) => {
      const states = orders.map((events) => {
        const pipeline = new Pipeline();
        for (const next of history) pipeline.take(next);
        for (const next of events) {
          pipeline.put(next);
          pipeline.graph.settle();
        }
        return pipeline.state();
      });
      expect(states[0]).toEqual(states[1]);
    }),
  );
});

test('groups, firsts and counts are what plain code makes of their members', () => {
  fc.assert(
    fc.property(steps, (history) => {
      const pipeline = new Pipeline();
      for (const next of history) pipeline.take(next);
      pipeline.graph.settle();
      const entries = [...pipeline.entries.entries()].sort(([, a], [, b]) => b.weight - a.weight);
      const hosts = [...new Set(entries.flatMap(([, entry]) => [entry.host, 'all']))].sort();
      const members = (host: string) => entries.filter(([, entry]) => host === 'all' || entry.host === host);
      const state = pipeline.state();
      expect(state['hosts']).toEqual(
        hosts.map((key) => [key, { key, memberKeys: members(key).map(([id]) => id), members: members(key).map(([, entry]) => entry) }]),
      );
      expect(state['winners']).toEqual(hosts.map((key) => [key, { key, winnerKey: members(key)[0]?.[0], winner: members(key)[0]?.[1] }]));
      const used = [...pipeline.routes.entries()].flatMap(([, one]) => one.services);
      expect(state['uses']).toEqual([...new Set(used)].sort().map((key) => [key, used.filter((other) => other === key).length]));
    }),
  );
});

test('a key has one owner: the smallest input that wants it and gets all it wants', () => {
  fc.assert(
    fc.property(steps, (history) => {
      const pipeline = new Pipeline();
      for (const next of history) pipeline.take(next);
      pipeline.graph.settle();
      const owners = new Map<string, string>();
      const losers: string[] = [];
      const take = (wants: readonly (readonly [string, string])[]) => {
        const free = wants.every(([want]) => !owners.has(want));
        if (free) for (const [want, text] of wants) owners.set(want, text);
        return free;
      };
      for (const [key, one] of pipeline.routes.entries()) {
        if (take(one.claims.map((claim) => [`claim/${claim}`, key]))) continue;
        losers.push(`claims|${key}`);
        take([[`claim/${one.claims[0]}-${key.charCodeAt(0) % 2}`, `${key} lost`]]);
      }
      const state = pipeline.state();
      expect(state['claims']).toEqual([...owners].sort(([a], [b]) => (a < b ? -1 : 1)));
      expect([...pipeline.graph.faults.keys()]).toEqual(losers);
    }),
  );
});

test('committed changes, replayed, give the collection; each says truly what was before; nothing leaks when all is gone', () => {
  fc.assert(
    fc.property(steps, (history) => {
      const pipeline = new Pipeline();
      const replays = pipeline.all.map((collection) => replayOf(pipeline.graph, collection));
      const check = () => {
        for (const { collection, replay } of replays)
          expect([...replay].sort(([a], [b]) => (a < b ? -1 : 1))).toEqual([...collection.entries()]);
      };
      for (const next of history) {
        pipeline.take(next);
        if (next === 'settle') check();
      }
      pipeline.graph.settle();
      check();
      for (const source of [pipeline.routes, pipeline.services]) for (const key of source.keys()) source.put(key, undefined);
      pipeline.graph.settle();
      check();
      expect(Object.values(pipeline.state()).flat()).toEqual([]);
      expect(pipeline.graph.watcherCount).toBe(0);
    }),
  );
});

function replayOf(graph: Graph, collection: Collection<unknown>) {
  const replay = new Map<string, unknown>();
  graph.onCommit(collection, (changes: readonly Change<unknown>[]) => {
    expect(changes.map((change) => change.key)).toEqual([...new Set(changes.map((change) => change.key))].sort());
    for (const { key, previous, next } of changes) {
      expect(previous).toEqual(replay.get(key));
      expect(next).not.toEqual(previous);
      if (next === undefined) replay.delete(key);
      else replay.set(key, next);
    }
  });
  return { collection, replay };
}

test('the runs for one change are the same at 100 and at 10,000 inputs', () => {
  expect(runsOfChanges(10_000)).toEqual(runsOfChanges(100));
});

function runsOfChanges(size: number) {
  const pipeline = new Pipeline();
  // Twenty routes a service, a host for every ten routes, whatever the size.
  for (let i = 0; i < size; i++) {
    pipeline.routes.put(`r${i}`, {
      host: `h${Math.floor(i / 10)}`,
      services: [`s${Math.floor(i / 20)}`],
      weight: i % 3,
      claims: [`c${i}`],
    });
  }
  for (let i = 0; i < size / 20; i++) pipeline.services.put(`s${i}`, { ip: `10.0.0.${i}`, zone: `z${i}` });
  pipeline.graph.settle();
  const routeOf = (weight: number) => ({ host: 'h1', services: ['s1'], weight, claims: ['c33'] });
  const changes: readonly Event[] = [
    { to: 'routes', key: 'r33', value: routeOf(7) },
    { to: 'services', key: 's2', value: { ip: '10.9.9.9', zone: 'z2' } },
    { to: 'services', key: 's1', value: undefined },
    { to: 'routes', key: 'r33', value: undefined },
    { to: 'routes', key: 'r33', value: routeOf(1) },
  ];
  return changes.map((change) => {
    const before = new Map([...pipeline.graph.counters].map(([derivation, { runs }]) => [derivation, runs]));
    pipeline.put(change);
    pipeline.graph.settle();
    return [...pipeline.graph.counters].map(([derivation, { runs }]) => `${derivation} ${runs - (before.get(derivation) ?? 0)}`);
  });
}
