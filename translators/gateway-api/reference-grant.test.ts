import fc from 'fast-check';
import type { ReferenceGrant } from '../../crds/gateway-api/reference-grant.ts';
import type { Source } from '../graph/collection.ts';
import { Graph } from '../graph/graph.ts';
import { objectKey } from '../ir/object-key.ts';
import { referenceGrant } from '../testing/objects.ts';
import { type Referrer, referenceGate, type Target } from './reference-grant.ts';

interface Question {
  readonly from: Referrer;
  readonly to: Target;
}

const ns = fc.constantFrom('a', 'b', 'c');
const fromKind = fc.constantFrom('HTTPRoute', 'Gateway');
const toKind = fc.constantFrom('Service', 'Secret');
const name = fc.constantFrom('x', 'y');
const group = fc.constantFrom('gateway.networking.k8s.io', 'example.com');

const question: fc.Arbitrary<Question> = fc.record({
  from: fc.record({ group, kind: fromKind, namespace: ns }),
  to: fc.record({ group: fc.constantFrom('', 'example.com'), kind: toKind, namespace: ns, name }),
});

const grant: fc.Arbitrary<ReferenceGrant> = fc
  .record({
    key: fc.tuple(ns, name).map(([namespace, own]) => `${namespace}/${own}`),
    from: fc.array(fc.tuple(fromKind, ns), { minLength: 1, maxLength: 2 }),
    to: fc.array(fc.tuple(toKind, fc.option(name, { nil: undefined })), { minLength: 1, maxLength: 2 }),
  })
  .map(({ key, from, to }) => referenceGrant(key, { from, to: to.map(([kind, own]) => (own === undefined ? [kind] : [kind, own])) }));

/** What GEP-709 says, read off all grants. */
function isPermitted(grants: readonly ReferenceGrant[], { from, to }: Question): boolean {
  if (from.namespace === to.namespace) return true;
  for (const { metadata, spec } of grants) {
    if (metadata.namespace !== to.namespace) continue;
    const admitsFrom = spec.from.some((each) => each.group === from.group && each.kind === from.kind && each.namespace === from.namespace);
    const opensTo = spec.to.some(
      (each) => each.group === to.group && each.kind === to.kind && (each.name === undefined || each.name === to.name),
    );
    if (admitsFrom && opensTo) return true;
  }
  return false;
}

/** A graph that asks the gate some questions. */
function gateWith(questions: readonly Question[]) {
  const graph = new Graph();
  const grants: Source<ReferenceGrant> = graph.source('grants');
  const asked: Source<Question> = graph.source('asked');
  const mayRefer = referenceGate(graph, grants);
  const answers = graph.derive('answers', asked, ({ from, to }, fetch, key) => [[key, mayRefer(fetch, from, to)]]);
  for (const [i, each] of questions.entries()) asked.put(String(i), each);
  return { graph, grants, answer: (i: number) => answers.get(String(i)) };
}

test('the gate permits what a reading of all grants permits, after every grant that comes, changes and goes', () => {
  const history = fc.array(fc.tuple(grant, fc.boolean()), { maxLength: 8 });
  fc.assert(
    fc.property(fc.array(question, { minLength: 1, maxLength: 6 }), history, (questions, steps) => {
      const { graph, grants, answer } = gateWith(questions);
      const now = new Map<string, ReferenceGrant>();
      for (const [each, stays] of [...steps, ...steps.map(([one]) => [one, false] as const)]) {
        grants.put(objectKey(each), stays ? each : undefined);
        if (stays) now.set(objectKey(each), each);
        else now.delete(objectKey(each));
        graph.settle();
        expect(questions.map((_, i) => answer(i))).toEqual(questions.map((one) => isPermitted([...now.values()], one)));
      }
    }),
  );
});

test('a grant wakes only those who ask for its pair of kinds and namespaces', () => {
  const ask = (namespace: string, kind = 'HTTPRoute'): Question => ({
    from: { group: 'gateway.networking.k8s.io', kind, namespace },
    to: { group: '', kind: 'Service', namespace: 'b', name: 'x' },
  });
  const { graph, grants } = gateWith([ask('a'), ask('c'), ask('b'), ask('a', 'Gateway')]);
  graph.settle();
  const before = graph.counters.get('answers')?.runs ?? 0;
  grants.put('b/g', referenceGrant('b/g', { from: [['HTTPRoute', 'a']], to: [['Service']] }));
  graph.settle();
  expect((graph.counters.get('answers')?.runs ?? 0) - before).toBe(1);
});
