import type { Endpoint, EndpointSlice } from '../../../crds/kubernetes/endpoint-slice.ts';
import type { Service } from '../../../crds/kubernetes/service.ts';
import { Graph } from '../../graph/graph.ts';
import { createEndpointInputs } from '../../inputs.ts';
import type { EndpointNode } from '../../ir/cluster-node.ts';
import { objectKey } from '../../ir/object-key.ts';
import { endpointSlice, service } from '../../testing/objects.ts';
import { loadAssignments } from './load-assignments.ts';

const NAME = 'service/shop/api/8080';

function assignments(...objects: readonly (Service | EndpointSlice)[]) {
  const graph = new Graph();
  const inputs = createEndpointInputs(graph);
  const nodes = loadAssignments(graph, inputs);
  const put = (object: Service | EndpointSlice): void => {
    if (object.kind === 'Service') inputs.services.put(objectKey(object), object);
    else inputs.endpointSlices.put(objectKey(object), object);
  };
  for (const object of objects) put(object);
  const want = (fleet: string) => ({ fleet, name: NAME, namespace: 'shop', service: 'api', port: 8080, transport: 'TCP' as const });
  inputs.wanted.put('a', want('a'));
  inputs.wanted.put('b', want('b'));
  graph.settle();
  return { graph, nodes, put };
}

const api = service('shop/api');
const endpointsOf = (...slices: readonly EndpointSlice[]): readonly EndpointNode[] | undefined =>
  assignments(api, ...slices).nodes.get(NAME)?.endpoints;
const ready = (address: string): EndpointNode => ({ address, port: 3000, draining: false });

test.each<[string, Endpoint['conditions'], 'ready' | 'draining' | 'gone']>([
  ['no conditions', {}, 'ready'],
  ['ready', { ready: true }, 'ready'],
  ['not ready', { ready: false }, 'gone'],
  ['not ready but serving, as a Service that publishes such addresses has it', { ready: false, serving: true }, 'gone'],
  ['terminating and serving', { ready: false, serving: true, terminating: true }, 'draining'],
  ['terminating and ready', { ready: true, terminating: true }, 'draining'],
  ['terminating and not serving', { ready: false, serving: false, terminating: true }, 'gone'],
  ['terminating, and nothing else known', { ready: false, terminating: true }, 'gone'],
])('%s', (_, conditions, state) => {
  const found = endpointsOf(endpointSlice('shop/api-1', 'api', [{ addresses: ['10.0.0.1'], conditions }]));
  expect(found).toEqual(state === 'gone' ? [] : [{ ...ready('10.0.0.1'), draining: state === 'draining' }]);
});

test('endpoints are in order and there once, and ready if one slice says so', () => {
  const leaving = { addresses: ['10.0.0.2'], conditions: { ready: false, serving: true, terminating: true } };
  const slices = [endpointSlice('shop/api-1', 'api', ['10.0.0.3', leaving]), endpointSlice('shop/api-2', 'api', ['10.0.0.2', '10.0.0.1'])];
  const expected = ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map(ready);
  expect(endpointsOf(...slices)).toEqual(expected);
  expect(endpointsOf(...slices.toReversed().map((slice, i) => ({ ...slice, metadata: { ...slice.metadata, name: `s${i}` } })))).toEqual(
    expected,
  );
});

test.each<[string, EndpointSlice]>([
  ['of another Service', endpointSlice('shop/api-1', 'other', ['10.0.0.1'])],
  ['of a Service of another namespace', endpointSlice('other/api-1', 'api', ['10.0.0.1'])],
  ['of names', { ...endpointSlice('shop/api-1', 'api', ['pod.example.com']), addressType: 'FQDN' }],
  ['without the port', endpointSlice('shop/api-1', 'api', ['10.0.0.1'], 9090)],
  ['of another protocol', { ...endpointSlice('shop/api-1', 'api', ['10.0.0.1']), ports: [{ name: 'p8080', port: 3000, protocol: 'UDP' }] }],
  ['without endpoints', { ...endpointSlice('shop/api-1', 'api', []), endpoints: [] }],
])('a slice %s adds nothing', (_, slice) => {
  expect(endpointsOf(slice)).toEqual([]);
});

test('a port without name is found by its lack of one', () => {
  const unnamed = { ...api, spec: { ...api.spec, ports: [{ port: 8080, protocol: 'TCP' as const }] } };
  const slice = { ...endpointSlice('shop/api-1', 'api', ['10.0.0.1']), ports: [{ name: '', port: 4000, protocol: 'TCP' as const }] };
  expect(assignments(unnamed, slice).nodes.get(NAME)?.endpoints).toEqual([{ ...ready('10.0.0.1'), port: 4000 }]);
});

test('a Service that is gone, or has lost the port, has no endpoints', () => {
  const slice = endpointSlice('shop/api-1', 'api', ['10.0.0.1']);
  expect(assignments(slice).nodes.get(NAME)?.endpoints).toEqual([]);
  expect(assignments(service('shop/api', [9090]), slice).nodes.get(NAME)?.endpoints).toEqual([]);
});

test('what several fleets want is made once, and again only for its own slices', () => {
  const { graph, put } = assignments(api, endpointSlice('shop/api-1', 'api', ['10.0.0.1']));
  const runs = (): number => graph.counters.get('loadAssignmentNodes')?.runs ?? 0;
  expect(runs()).toBe(1);
  put(endpointSlice('shop/other-1', 'other', ['10.0.0.9']));
  graph.settle();
  expect(runs()).toBe(1);
  put(endpointSlice('shop/api-1', 'api', ['10.0.0.2']));
  graph.settle();
  expect(runs()).toBe(2);
});
