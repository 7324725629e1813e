import { CHANGES, type Change, largeWorld } from './testing/large-world.ts';
import { outputsOf } from './testing/outputs.ts';
import { createPipelines, type Pipelines } from './testing/pipelines.ts';
import { CLUSTER_SETTINGS } from './testing/settings.ts';

type Runs = Readonly<Record<string, number>>;

/** Built once for all changes. */
const SMALL = built(100);
const LARGE = built(10_000);

function built(size: number): Pipelines {
  const pipelines = createPipelines(CLUSTER_SETTINGS);
  for (const object of largeWorld(size)) pipelines.put(object);
  pipelines.settle();
  return pipelines;
}

const runsOf = ({ main, endpoints }: Pipelines): Runs =>
  Object.fromEntries(
    [main, endpoints].flatMap(({ graph }) => [...graph.counters].map(([name, { runs }]) => [`${graph.name} ${name}`, runs])),
  );

/** How often each derivation, group, count and index worked on an input for one settle; those that did not are left out. */
function runsFor(pipelines: Pipelines, change: () => void): Runs {
  const before = runsOf(pipelines);
  change();
  pipelines.settle();
  const after = Object.entries(runsOf(pipelines)).map(([name, runs]) => [name, runs - (before[name] ?? 0)] as const);
  return Object.fromEntries(after.filter(([, runs]) => runs > 0));
}

const there =
  (pipelines: Pipelines, { there: object, removes }: Change) =>
  () =>
    removes === true ? pipelines.remove(object) : pipelines.put(object);
const back =
  (pipelines: Pipelines, { back: object, adds }: Change) =>
  () =>
    adds === true ? pipelines.remove(object) : pipelines.put(object);

test('the worlds are what their size says, and nothing in them is broken', () => {
  expect([SMALL, LARGE].map(({ main }) => main.rules.size)).toEqual([327, 31_116]);
  for (const { main, endpoints } of [SMALL, LARGE]) expect(main.graph.faults.size + endpoints.graph.faults.size).toBe(0);
});

describe.each(Object.entries(CHANGES))('%s', (_, change) => {
  test('runs as often at 10,000 routes as at 100, there and back', () => {
    const [small, large] = [SMALL, LARGE].map((pipelines) => [
      runsFor(pipelines, there(pipelines, change)),
      runsFor(pipelines, back(pipelines, change)),
    ]);
    expect(large).toEqual(small);
  });

  test('changes something, and is undone without a trace', () => {
    const before = outputsOf(SMALL);
    expect(runsFor(SMALL, there(SMALL, change))).not.toEqual({});
    expect(outputsOf(SMALL)).not.toEqual(before);
    back(SMALL, change)();
    SMALL.settle();
    expect(outputsOf(SMALL)).toEqual(before);
  });
});
