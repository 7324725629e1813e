import fc from 'fast-check';
import { Graph } from './graph.ts';

interface Fragile {
  readonly text: string;
  readonly bad: boolean;
}

/** What an input must have in the end. */
interface Survivor {
  readonly bad: boolean;
  readonly good: string | undefined;
}

const fragile = fc.record({ text: fc.constantFrom('1', '2', '3'), bad: fc.boolean() });
const change = fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd'), value: fc.option(fragile, { nil: undefined }) });
const settles = fc.array(fc.array(change, { maxLength: 4 }), { maxLength: 20 });

function* outputsOf(input: Fragile, _fetch: unknown, key: string) {
  yield [`${key}/1`, input.text] as const;
  if (input.bad) throw new Error('bad');
  yield [`${key}/2`, input.text] as const;
}

test('a broken input touches only its own outputs: last good while there is one, else the safe answer', () => {
  fc.assert(
    fc.property(settles, (history) => {
      const graph = new Graph();
      const inputs = graph.source<Fragile>('inputs');
      const outputs = graph.derive('fragile', inputs, outputsOf, { whenBroken: (input, key) => [[`${key}/1`, `500 ${input.text}`]] });
      const expected = new Map<string, Survivor>();
      for (const changes of history) {
        for (const { key, value } of changes) inputs.put(key, value);
        graph.settle();
        for (const key of new Set(changes.map((one) => one.key))) follow(expected, key, inputs.get(key));
        const sorted = [...expected].sort(([a], [b]) => (a < b ? -1 : 1));
        expect([...outputs.entries()]).toEqual(sorted.flatMap(([key, one]) => survivingOutputs(key, one, inputs.get(key))));
        const faults = sorted.filter(([, one]) => one.bad).map(([key, one]) => [`fragile|${key}`, one.good !== undefined]);
        expect([...graph.faults.entries()].map(([key, fault]) => [key, fault.kept])).toEqual(faults);
      }
    }),
  );
});

function follow(expected: Map<string, Survivor>, key: string, input: Fragile | undefined): void {
  if (input) expected.set(key, { bad: input.bad, good: input.bad ? expected.get(key)?.good : input.text });
  else expected.delete(key);
}

function survivingOutputs(key: string, { good }: Survivor, input: Fragile | undefined) {
  if (good === undefined) return [[`${key}/1`, `500 ${input?.text}`]];
  return [
    [`${key}/1`, good],
    [`${key}/2`, good],
  ];
}

test('with a broken one among them, what the others come to is what it is without it', () => {
  const levels = (inputsOf: ReadonlyMap<string, Fragile>) => {
    const graph = new Graph();
    const inputs = graph.source<Fragile>('inputs');
    const outputs = graph.derive('fragile', inputs, outputsOf);
    const groups = graph.group('groups', outputs, { by: (text) => [text] });
    for (const [key, input] of inputsOf) inputs.put(key, input);
    graph.settle();
    return [...groups.entries()];
  };
  fc.assert(
    fc.property(fc.uniqueArray(fc.string(), { minLength: 1 }), fc.array(fragile, { minLength: 1 }), (keys, values) => {
      const all = new Map(keys.flatMap((key, i) => [[key, values[i % values.length] ?? { text: '', bad: true }] as const]));
      const healthy = new Map([...all].filter(([, input]) => !input.bad));
      expect(levels(all)).toEqual(levels(healthy));
    }),
  );
});
