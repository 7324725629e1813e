import fc from 'fast-check';
import type { Pod } from '../../../crds/kubernetes/pod.ts';
import { Graph } from '../../graph/graph.ts';
import { createEndpointInputs, type PodSelector, type WantedAssignment } from '../../inputs.ts';
import type { EndpointNode } from '../../ir/cluster-node.ts';
import { objectKey } from '../../ir/object-key.ts';
import { pod, podAt } from '../../testing/pod-objects.ts';
import { loadAssignments } from './load-assignments.ts';

type Labels = PodSelector['labels'];

const want = (name: string, labels: Labels, port = 8080, namespace = 'shop'): WantedAssignment => ({
  fleet: 'infra/gw',
  name: `xbackend/${namespace}/${name}/${port}`,
  namespace,
  service: name,
  external: true,
  selector: { namespace, labels },
  port,
  transport: 'TCP',
});

function endpoints() {
  const graph = new Graph();
  const inputs = createEndpointInputs(graph);
  const nodes = loadAssignments(graph, inputs);
  const put = (...pods: readonly Pod[]): void => {
    for (const each of pods) inputs.pods.put(objectKey(each), each);
  };
  const ask = (...all: readonly WantedAssignment[]): void => {
    for (const each of all) inputs.wanted.put(each.name, each);
  };
  const at = (name: string): readonly EndpointNode[] | undefined => {
    graph.settle();
    return nodes.get(name)?.endpoints;
  };
  return { graph, nodes, inputs, put, ask, at };
}

const CART = 'xbackend/shop/cart/8080';
const node = (address: string, port = 8080): EndpointNode => ({ address, port, draining: false });

test('Pods of the namespace that have all the labels are endpoints, by the port that is asked for', () => {
  const { put, ask, at } = endpoints();
  ask(want('cart', { app: 'cart', tier: 'back' }), want('cart', { tier: 'back', app: 'cart' }, 9090));
  put(podAt('shop/b', { app: 'cart', tier: 'back', more: 'x' }, '10.0.0.2'), podAt('shop/a', { app: 'cart', tier: 'back' }, '10.0.0.3'));
  put(podAt('shop/c', { app: 'cart' }, '10.0.0.4'), podAt('shop/d', { app: 'cart', tier: 'front' }, '10.0.0.5'));
  put(podAt('other/a', { app: 'cart', tier: 'back' }, '10.0.0.6'));
  expect(at(CART)).toEqual([node('10.0.0.2'), node('10.0.0.3')]);
  expect(at('xbackend/shop/cart/9090')).toEqual([node('10.0.0.2', 9090), node('10.0.0.3', 9090)]);
});

test('Pods come, are relabelled, and go; another selector has others', () => {
  const { inputs, put, ask, at } = endpoints();
  ask(want('cart', { app: 'cart' }));
  expect(at(CART)).toEqual([]);
  put(podAt('shop/a', { app: 'cart' }, '10.0.0.1'), podAt('shop/b', { app: 'next' }, '10.0.0.2'));
  expect(at(CART)).toEqual([node('10.0.0.1')]);
  put(podAt('shop/b', { app: 'cart' }, '10.0.0.2'));
  expect(at(CART)).toEqual([node('10.0.0.1'), node('10.0.0.2')]);
  put(podAt('shop/a', { app: 'debug' }, '10.0.0.1'));
  expect(at(CART)).toEqual([node('10.0.0.2')]);
  ask(want('cart', { app: 'debug' }));
  expect(at(CART)).toEqual([node('10.0.0.1')]);
  inputs.pods.put('shop/a', undefined);
  expect(at(CART)).toEqual([]);
});

test('no labels select nothing, and nothing is selected for what has no selector', () => {
  const { selector: _, ...unselective } = want('lost', {});
  const { put, ask, at } = endpoints();
  ask(want('cart', {}), unselective);
  put(podAt('shop/a', { app: 'cart' }, '10.0.0.1'), podAt('shop/b', {}, '10.0.0.2'));
  expect([at(CART), at('xbackend/shop/lost/8080')]).toEqual([[], []]);
});

test('Pods on one address are one endpoint, ready if one of them is', () => {
  const { put, ask, at } = endpoints();
  const going = { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' }, status: { podIP: '10.0.0.1' } };
  ask(want('cart', { app: 'cart' }));
  put(pod('shop/a', { app: 'cart' }, going));
  expect(at(CART)).toEqual([{ ...node('10.0.0.1'), draining: true }]);
  put(podAt('shop/b', { app: 'cart' }, '10.0.0.1'));
  expect(at(CART)).toEqual([node('10.0.0.1')]);
});

test('backends of one cluster have their Pods beside the endpoints of Services', () => {
  const { graph, nodes, inputs, put } = endpoints();
  const { name: _, fleet, transport, ...cart } = want('cart', { app: 'cart' });
  const none = { namespace: 'shop', service: 'none', port: 80, weight: 2 };
  inputs.wanted.put('split', { fleet, transport, ...none, name: 'split/1', parts: [{ ...cart, weight: 1 }, none] });
  put(podAt('shop/a', { app: 'cart' }, '10.0.0.1'));
  graph.settle();
  expect(nodes.get('split/1')).toMatchObject({
    endpoints: [],
    shares: [
      { name: CART, weight: 1, endpoints: [node('10.0.0.1')] },
      { name: 'service/shop/none/80', weight: 2, endpoints: [] },
    ],
  });
});

const name = fc.constantFrom('app', 'tier', 'zone');
const value = fc.constantFrom('a', 'b', 'long-one');
const labels: fc.Arbitrary<Labels> = fc.dictionary(name, value, { maxKeys: 3 });
const namespace = fc.constantFrom('shop', 'other');

/** The same without an index: every selector looks at every Pod. */
const naive = ({ namespace: home, labels: asked }: PodSelector, pods: Iterable<Pod>): readonly string[] =>
  [...pods]
    .filter(({ metadata }) => metadata.namespace === home && Object.keys(asked).length > 0)
    .filter(({ metadata }) => Object.entries(asked).every(([key, wanted]) => metadata.labels?.[key] === wanted))
    .flatMap(({ status }) => status?.podIP ?? [])
    .sort();

type World = ReturnType<typeof endpoints>;

const podStep = fc
  .record({ n: fc.nat({ max: 5 }), home: namespace, has: fc.option(labels, { nil: undefined }) })
  .map(({ n, home, has }) => ({ inputs }: World): void => {
    inputs.pods.put(`${home}/p-${n}`, has && podAt(`${home}/p-${n}`, has, `10.0.${home === 'shop' ? 1 : 2}.${n}`));
  });
const backendStep = fc
  .record({ n: fc.nat({ max: 3 }), home: namespace, asks: fc.option(labels, { nil: undefined }) })
  .map(({ n, home, asks }) => ({ inputs }: World): void => {
    const { name: assignment, ...rest } = want(`b-${n}`, asks ?? {}, 8080, home);
    inputs.wanted.put(assignment, asks && { name: assignment, ...rest });
  });
const settleStep = fc.constant(({ graph }: World): void => graph.settle());

test('whatever comes and goes, each selector has exactly the Pods that a look at all of them finds', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(podStep, backendStep, settleStep), { maxLength: 40 }), (steps) => {
      const world = endpoints();
      for (const step of steps) step(world);
      world.graph.settle();
      const pods = [...world.inputs.pods.entries()].map(([, each]) => each);
      for (const [, { name: assignment, selector }] of world.inputs.wanted.entries())
        expect(world.at(assignment)?.map(({ address }) => address)).toEqual(selector && naive(selector, pods));
      expect(world.graph.faults.size).toBe(0);
    }),
    { numRuns: 200 },
  );
});
