/**
 * The laws of the design, on the real pipelines. GATEHOUSE_LAWS_RUNS multiplies the number of random histories and worlds.
 */
import fc from 'fast-check';
import type { KubernetesObject } from '../crds/object-meta.ts';
import { isStandIn, originalHash } from '../xds/resource.ts';
import { objectKey } from './ir/object-key.ts';
import { outputsOf, partsOf, routeOrders } from './testing/outputs.ts';
import { createPipelines, type Pipelines } from './testing/pipelines.ts';
import { anyObjectOrSet, anyWorld, identity } from './testing/random-world.ts';
import { CLUSTER_SETTINGS } from './testing/settings.ts';
import { belongsTo } from './testing/telemetry-belongings.ts';

const MORE = Number(process.env['GATEHOUSE_LAWS_RUNS'] ?? 1);
/** When EXPIRED of the test certificates ends, and when the others do. */
const INSTANTS = [Date.UTC(2026, 5, 1), Date.UTC(2056, 0, 1)];
const FLEETS = ['infra/gw', 'team/gw'];
const SERVED = { proxies: 1, ready: 1, addresses: ['10.0.0.9'], refused: [], lagging: [] };

type Verdict = 'refused' | 'suspect' | 'new suspect' | 'taken';

type Step =
  | { readonly put: KubernetesObject }
  | { readonly remove: KubernetesObject }
  | { readonly passes: number; readonly passed: boolean }
  | { readonly fleet: string; readonly served: boolean }
  | { readonly quarantine: number; readonly verdict: Verdict }
  | { readonly slices: number }
  | { readonly begin: number }
  | 'settle';

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ put: anyObjectOrSet }) },
  { weight: 3, arbitrary: fc.record({ remove: anyObjectOrSet }) },
  { weight: 1, arbitrary: fc.record({ passes: fc.constantFrom(...INSTANTS), passed: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ fleet: fc.constantFrom(...FLEETS), served: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ quarantine: fc.nat(9), verdict: fc.constantFrom('refused', 'suspect', 'new suspect', 'taken') }) },
  { weight: 2, arbitrary: fc.constant('settle' as const) },
  { weight: 1, arbitrary: fc.record({ slices: fc.integer({ min: 1, max: 20 }) }) },
  { weight: 1, arbitrary: fc.record({ begin: fc.integer({ min: 1, max: 20 }) }) },
);

function take(pipelines: Pipelines, next: Step): void {
  const { inputs } = pipelines.main;
  if (next === 'settle') pipelines.settle();
  else if ('put' in next) pipelines.put(next.put);
  else if ('remove' in next) pipelines.remove(next.remove);
  else if ('passes' in next) inputs.passed.put(String(next.passes), next.passed ? true : undefined);
  else if ('fleet' in next) inputs.observations.put(next.fleet, next.served ? SERVED : undefined);
  else if ('quarantine' in next) quarantine(pipelines, next);
  else settleInSlices(pipelines, next);
}

/** Proxies refuse one of the routes that there are now, or what was changed with it, or take one that they refused. */
function quarantine({ main }: Pipelines, { quarantine: at, verdict }: { readonly quarantine: number; readonly verdict: Verdict }): void {
  const streams = [...main.streams.filters.entries()].flatMap(([, { resource }]) => resource?.fragments ?? []);
  const routes = [...main.entries.entries()].map(([, entry]) => entry.encoded.fragment);
  const leaf = at % (routes.length + streams.length);
  // Leaves of one resource are of one kind.
  const formers = leaf < routes.length ? routes : streams;
  const fragment = [...routes, ...streams][leaf];
  if (fragment === undefined) return;
  const suspected = { ...(verdict === 'suspect' ? { formers } : {}), ...(verdict === 'new suspect' ? { exact: true as const } : {}) };
  const refusal = { envoyVersion: '1.40.0', message: 'no', ...suspected };
  main.inputs.quarantine.put(originalHash(fragment), verdict === 'taken' ? undefined : refusal);
}

/** The endpoints settle between any two slices of the main graph. */
function settleInSlices({ main, endpoints }: Pipelines, how: { readonly slices: number } | { readonly begin: number }): void {
  if ('begin' in how) main.graph.settleSlices(how.begin).next();
  else for (const _ of main.graph.settleSlices(how.slices)) endpoints.graph.settle();
}

/** A start from scratch with what the sources hold, in reverse order. */
function fromScratch({ main, endpoints }: Pipelines): Pipelines {
  const fresh = createPipelines(CLUSTER_SETTINGS);
  const { passed, observations, quarantine, unreadable: _, proxyDefaults: __, ...objects } = main.inputs;
  const sources = [endpoints.inputs.endpointSlices, endpoints.inputs.pods, ...Object.values(objects)];
  for (const source of sources) for (const [, object] of [...source.entries()].reverse()) fresh.put(object as KubernetesObject); // sources of kinds
  for (const [key] of passed.entries()) fresh.main.inputs.passed.put(key, true);
  for (const [hash, fragment] of quarantine.entries()) fresh.main.inputs.quarantine.put(hash, fragment);
  for (const [fleet, observation] of observations.entries()) fresh.main.inputs.observations.put(fleet, observation);
  fresh.settle();
  return fresh;
}

/** No bug was contained, and no route broke a rule of Envoy's: users cannot do either. */
function expectNoFaults({ main, endpoints }: Pipelines): void {
  expect([...main.graph.faults.entries(), ...endpoints.graph.faults.entries()]).toEqual([]);
  const broken = [...main.entries.entries()].filter(([, { refused, encoded }]) => refused !== undefined && !isStandIn(encoded.fragment));
  expect(broken).toEqual([]);
}

const worldThen = (maxLength: number) =>
  fc
    .tuple(anyWorld, fc.array(step, { maxLength }))
    .map(([world, steps]) => [...world.map((put) => ({ put })), 'settle' as const, ...steps]);

test('whatever the order of events and the split into settles, the end is that of a start from scratch', () => {
  fc.assert(
    fc.property(worldThen(25), (history) => {
      const pipelines = createPipelines(CLUSTER_SETTINGS);
      for (const next of history) take(pipelines, next);
      pipelines.settle();
      expectNoFaults(pipelines);
      const fresh = fromScratch(pipelines);
      expect(outputsOf(pipelines)).toEqual(outputsOf(fresh));
      expect(pipelines.main.graph.watcherCount).toBe(fresh.main.graph.watcherCount);
      expect(pipelines.endpoints.graph.watcherCount).toBe(fresh.endpoints.graph.watcherCount);
    }),
    { numRuns: 30 * MORE },
  );
});

test('what comes and goes leaves nothing behind', () => {
  fc.assert(
    fc.property(worldThen(10), (history) => {
      const pipelines = createPipelines(CLUSTER_SETTINGS);
      for (const next of history) take(pipelines, next);
      pipelines.settle();
      const { main, endpoints } = pipelines;
      const { services, endpointSlices, pods } = endpoints.inputs;
      for (const source of [...Object.values(main.inputs), services, endpointSlices, pods]) {
        for (const key of source.keys()) source.put(key, undefined);
      }
      pipelines.settle();
      expect(outputsOf(pipelines)).toEqual(new Map());
      expect([main.graph.watcherCount, endpoints.graph.watcherCount]).toEqual([0, 0]);
    }),
    { numRuns: 10 * MORE },
  );
});

test('one object that comes, goes or breaks changes nothing but what belongs to it', () => {
  const change = fc.tuple(anyWorld, anyObjectOrSet, fc.boolean());
  fc.assert(
    fc.property(change, ([world, replacement, stays]) => {
      const pipelines = createPipelines(CLUSTER_SETTINGS);
      for (const object of world) pipelines.put(object);
      for (const fleet of FLEETS) pipelines.main.inputs.observations.put(fleet, SERVED);
      pipelines.settle();
      const before = { parts: partsOf(pipelines), orders: routeOrders(pipelines) };
      if (stays) pipelines.put(replacement);
      else pipelines.remove(replacement);
      pipelines.settle();
      expectNoFaults(pipelines);
      const after = { parts: partsOf(pipelines), orders: routeOrders(pipelines) };
      const versions = [...world.filter((object) => identity(object) === identity(replacement)), ...(stays ? [replacement] : [])];
      const all = [...world, ...versions];
      const belongs = (key: string): boolean => {
        const part = after.parts.get(key) ?? before.parts.get(key);
        return part !== undefined && versions.some((version) => belongsTo(version, all)(part));
      };
      const changed = [...new Set([...before.parts.keys(), ...after.parts.keys()])].filter(
        (key) => before.parts.get(key)?.text !== after.parts.get(key)?.text,
      );
      expect({ changed: changed.filter((key) => !belongs(key)), by: `${replacement.kind} ${objectKey(replacement)}` }).toEqual({
        changed: [],
        by: `${replacement.kind} ${objectKey(replacement)}`,
      });
      for (const [host, routes] of before.orders) {
        const others = (keys: readonly string[]): readonly string[] => keys.filter((key) => !belongs(key));
        if (after.orders.has(host)) expect(others(after.orders.get(host) ?? [])).toEqual(others(routes));
      }
    }),
    { numRuns: 50 * MORE },
  );
});
